import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { EventEmitter } from 'eventemitter3';
import { describe, expect, it } from 'vitest';
import type { Agent } from '../../dist/create-agent.js';
import type { Receiver } from '../../dist/create-receiver.js';
import type { Sender } from '../../dist/create-sender.js';
import { ClientTally } from '../../dist/gateway/client-counts.js';
import { AgentMetrics } from '../../dist/metrics/agent-metrics.js';
import { Exposition } from '../../dist/metrics/exposition.js';
import { gatewayMetrics } from '../../dist/metrics/gateway-metrics.js';
import { processMetrics } from '../../dist/metrics/process-metrics.js';
import { ReceiverMetrics } from '../../dist/metrics/receiver-metrics.js';
import { SenderMetrics } from '../../dist/metrics/sender-metrics.js';

describe('metrics of a receiver', () => {
  const channels = [
    { channel: 0, datagrams: 10, lostDatagrams: 1 },
    { channel: 1, datagrams: 20, lostDatagrams: 0 },
  ];
  const counts = {
    datagrams: 30,
    payloadBytes: 30_000,
    duplicateBytes: 1_000,
    lostDatagrams: 1,
    invalidDatagrams: 2,
    invalid: { foreign: 2 },
    droppedDatagrams: 0,
    rejectedBlocks: 0,
    overhead: 0,
    resumedBytes: 0,
    seedBytes: 0,
    deltaBytes: 0,
    filledBytes: 0,
    wrongFilledBytes: 0,
    servers: [{ server: 'a "quoted"\nname', datagrams: 30, lostDatagrams: 1 }],
    channels,
  };
  const progress = {
    bytes: 500,
    totalBytes: 1_000,
    verifiedBytes: 400,
    rateBitsPerSecond: 8e6,
    lossRatio: 0.25,
    level: 2,
    levelCount: 4,
    levelRateBitsPerSecond: 1.6e7,
    queueMs: 30,
    capacityBitsPerSecond: undefined,
    servers: ['alpha'],
    channels: [0, 1],
    map: [],
  };

  function followed() {
    const receiver = Object.assign(new EventEmitter(), { stats: () => counts });
    const figures = new ReceiverMetrics();
    const stop = figures.follow(receiver as unknown as Receiver, { fleet: 'acme', object: 'firmware' });
    return { receiver, figures, stop, text: () => new Exposition(figures.metrics).text() };
  }

  it('are in base units, with fleet and object as labels', async () => {
    const { receiver, text } = followed();
    receiver.emit('descriptor', { descriptor: { version: 7 } });
    receiver.emit('progress', progress);
    receiver.emit('join', {});
    receiver.emit('warning', { code: 'SILENCE' });
    receiver.emit('warning', { code: 'SILENCE' });
    const of = 'fleet="acme",object="firmware"';
    for (const line of [
      `layercast_receiver_datagrams_total{${of},channel="1"} 20`,
      `layercast_receiver_lost_datagrams_total{${of},channel="0"} 1`,
      `layercast_receiver_server_datagrams_total{${of},server="a \\"quoted\\"\\nname"} 30`,
      `layercast_receiver_invalid_datagrams_total{${of},reason="foreign"} 2`,
      `layercast_receiver_payload_bytes_total{${of}} 30000`,
      `layercast_receiver_rate_bytes_per_second{${of}} 1000000`,
      `layercast_receiver_queue_seconds{${of}} 0.03`,
      `layercast_receiver_loss_ratio{${of}} 0.25`,
      `layercast_receiver_level{${of}} 2`,
      `layercast_receiver_object_version{${of}} 7`,
      `layercast_receiver_joins_total{${of}} 1`,
      `layercast_receiver_warnings_total{${of},code="SILENCE"} 2`,
      `layercast_receiver_complete{${of}} 0`,
    ]) {
      expect((await text()).split('\n')).toContain(line);
    }
    // What is not measured yet has no sample.
    expect(await text()).not.toMatch(/^layercast_receiver_capacity.*\{/m);
  });

  it('end when the receiver is followed no more', async () => {
    const { stop, text } = followed();
    expect(await text()).toContain('layercast_receiver_joins_total{');
    stop();
    expect(await text()).not.toMatch(/^layercast_receiver.*\{/m);
  });

  it('say that nothing was heard until an announcement was', () => {
    const { receiver, figures } = followed();
    expect(figures.fault).toBe('no announcement of acme/firmware has been heard');
    receiver.emit('descriptor', { descriptor: { version: 7 } });
    expect(figures.fault).toBeUndefined();
  });
});

describe('metrics of a server', () => {
  function serving(objectCount = 1) {
    const channel = {
      channel: 0,
      datagrams: 5,
      bytes: 6_000,
      refusedDatagrams: 1,
      skippedDatagrams: 2,
      pausedFor: ['listeners'] as const,
    };
    const objects = Array.from({ length: objectCount }, (_, i) => ({
      object: `o${i}`,
      version: 3,
      channels: [channel],
    }));
    const stats = { server: 'alpha', objects };
    const sender = Object.assign(new EventEmitter(), { stats: () => stats });
    const figures = new SenderMetrics();
    figures.follow(sender as unknown as Sender);
    sender.emit('publish', { object: 'o0', bytes: 9_000, channels: [{ channel: 0, rateBitsPerSecond: 8e6 }] });
    return { sender, figures, stats, text: () => new Exposition(figures.metrics).text() };
  }

  it('are those of each channel, with server, object and channel as labels', async () => {
    const { sender, figures, text } = serving();
    sender.emit('refuse', { object: 'o0', error: Object.assign(new Error(), { code: 'FILE_NOT_FOUND' }) });
    sender.emit('network', { object: 'o0', channel: 0, failure: 'ENETDOWN' });
    figures.countFailedReload();
    const of = 'server="alpha",object="o0",channel="0"';
    for (const line of [
      `layercast_server_datagrams_total{${of}} 5`,
      `layercast_server_sent_bytes_total{${of}} 6000`,
      `layercast_server_refused_datagrams_total{${of}} 1`,
      `layercast_server_skipped_datagrams_total{${of}} 2`,
      `layercast_server_channel_rate_bytes_per_second{${of}} 1000000`,
      `layercast_server_channel_up{${of}} 0`,
      `layercast_server_channel_paused{${of}} 1`,
      'layercast_server_object_bytes{server="alpha",object="o0"} 9000',
      'layercast_server_refusals_total{server="alpha",code="FILE_NOT_FOUND"} 1',
      'layercast_server_reload_failures_total{server="alpha"} 1',
    ]) {
      expect((await text()).split('\n')).toContain(line);
    }
    expect(figures.fault).toBe('the system refuses the datagrams of all channels');
    sender.emit('network', { object: 'o0', channel: 0, failure: undefined });
    expect(figures.fault).toBeUndefined();
  });

  it('say that nothing is sent', () => {
    expect(serving(0).figures.fault).toBe('no object is being sent');
  });

  it('have at most 2000 samples each, and say how many are left out', async () => {
    const lines = (await serving(2_500).text()).split('\n');
    expect(lines.filter((line) => line.startsWith('layercast_server_datagrams_total{'))).toHaveLength(2_000);
    // Eight metrics have a sample for each object: 500 of each are left out; rate and size are known of one object.
    expect(lines).toContain('layercast_metrics_hidden_samples 3500');
  });
});

/** An agent whose journal has these objects. */
function watchedAgent(...objects: readonly string[]): EventEmitter {
  return Object.assign(new EventEmitter(), { status: () => ({ objects: objects.map((object) => ({ object })) }) });
}

describe('metrics of an agent', () => {
  it('are the state of each object, and those of receivers while one is received', async () => {
    const agent = watchedAgent();
    const figures = new AgentMetrics();
    figures.follow(agent as unknown as Agent);
    const text = async () => (await new Exposition(figures.metrics).text()).split('\n');
    agent.emit('start', { fleet: 'acme', objects: 0 });
    agent.emit('wake', {});
    agent.emit('state', { object: 'maps', version: 4, state: 'receiving', appliedVersion: 3 });
    agent.emit('progress', { object: 'maps', rateBitsPerSecond: 8e6, channels: [0] });
    agent.emit('warning', { object: 'maps', code: 'SILENCE' });
    const of = 'fleet="acme",object="maps"';
    const lines = await text();
    for (const line of [
      `layercast_agent_object_state{${of},state="receiving"} 1`,
      `layercast_agent_object_state{${of},state="failed"} 0`,
      `layercast_agent_object_version{${of}} 4`,
      `layercast_agent_applied_version{${of}} 3`,
      `layercast_receiver_rate_bytes_per_second{${of}} 1000000`,
      'layercast_agent_wakes_total{fleet="acme"} 1',
      'layercast_agent_warnings_total{fleet="acme",code="SILENCE"} 1',
    ]) {
      expect(lines).toContain(line);
    }
    expect(figures.fault).toBeUndefined();
    agent.emit('received', { object: 'maps', payloadBytes: 900 });
    agent.emit('state', { object: 'maps', version: 4, state: 'failed' });
    expect(await text()).toContain(`layercast_agent_received_bytes_total{${of}} 900`);
    expect((await text()).filter((line) => line.startsWith('layercast_receiver_rate'))).toEqual([]);
    expect(figures.fault).toBe('failed: maps');
  });

  it('end for objects that new settings leave out, so that one that had failed is no fault for ever', () => {
    const figures = new AgentMetrics();
    const [before, after] = [watchedAgent(), watchedAgent('maps')];
    figures.follow(before as unknown as Agent);
    for (const object of ['maps', 'firmware']) before.emit('state', { object, version: 4, state: 'failed' });
    expect(figures.fault).toBe('failed: maps, firmware');
    figures.follow(after as unknown as Agent);
    after.emit('start', { fleet: 'acme', objects: 1 });
    expect(figures.fault).toBe('failed: maps');
  });
});

describe('metrics of a gateway', () => {
  it('count its clients by protocol and class of the answer', async () => {
    const [http, coap] = [new ClientTally(), new ClientTally()];
    for (const status of [200, 206, 304, 404, 503]) http.answeredHttp(status);
    http.bodyBytes += 5_000;
    http.refusedCount++;
    coap.answeredCoap(0x45, 1_024);
    coap.answeredCoap(0x84, 0);
    const lines = (
      await new Exposition(gatewayMetrics(() => ({ clients: { http, coap }, waitingCount: 3 }))).text()
    ).split('\n');
    for (const line of [
      'layercast_gateway_requests_total{protocol="http",class="2xx"} 2',
      'layercast_gateway_requests_total{protocol="http",class="3xx"} 1',
      'layercast_gateway_requests_total{protocol="http",class="5xx"} 1',
      'layercast_gateway_requests_total{protocol="coap",class="2xx"} 1',
      'layercast_gateway_requests_total{protocol="coap",class="4xx"} 1',
      'layercast_gateway_sent_bytes_total{protocol="http"} 5000',
      'layercast_gateway_sent_bytes_total{protocol="coap"} 1024',
      'layercast_gateway_refused_clients_total{protocol="http"} 1',
      'layercast_gateway_refused_clients_total{protocol="coap"} 0',
      'layercast_gateway_waiting_requests 3',
    ]) {
      expect(lines).toContain(line);
    }
  });
});

describe('all metrics', () => {
  const all = [
    ...new ReceiverMetrics().metrics,
    ...new SenderMetrics().metrics,
    // An agent's transfers have the metrics of receivers, which are there already.
    ...new AgentMetrics().metrics.filter(({ name }) => name.startsWith('layercast_agent_')),
    ...gatewayMetrics(() => ({ clients: { http: new ClientTally(), coap: new ClientTally() }, waitingCount: 0 })),
    ...processMetrics('1.2.3'),
  ];

  it('have names by the conventions of Prometheus, and a help text', () => {
    for (const { name, kind, help } of all) {
      expect(name).toMatch(/^(layercast|process)_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(kind === 'counter');
      expect(help).toMatch(/^[A-Z1`].*\.$/);
    }
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it('pass promtool check metrics where it is installed', async () => {
    if (!hasPromtool()) return;
    const input = await new Exposition(all).text();
    expect(execFileSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })).toBe('');
  });

  it('have alerts that pass promtool check rules where it is installed', () => {
    if (!hasPromtool()) return;
    const path = new URL('../../config/prometheus-alerts.yaml', import.meta.url).pathname;
    expect(execFileSync('promtool', ['check', 'rules', path], { encoding: 'utf8' })).toContain('SUCCESS');
  });

  it('have an alert of slow channels that leaves out those that pause, because nobody listens or by their schedule', () => {
    const text = readFileSync(new URL('../../config/prometheus-alerts.yaml', import.meta.url), 'utf8');
    const alert = /- alert: LayercastChannelSlow\n([\s\S]*?)\n {6}- alert/.exec(text)?.[1];
    expect(alert?.replace(/\s+/g, ' ')).toContain('unless layercast_server_channel_paused == 1 for: 10m');
  });

  it.each(['prometheus-alerts.yaml', 'grafana-dashboard.json'])('are those that config/%s asks for', (file) => {
    const text = readFileSync(new URL(`../../config/${file}`, import.meta.url), 'utf8');
    const asked = [...new Set(text.match(/\b(?:layercast|process)_[a-z_]+/g))];
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !all.some((metric) => metric.name === name))).toEqual([]);
  });
});

function hasPromtool(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
