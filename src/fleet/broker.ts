/** The first words of all topics, unless a setting says otherwise. */
export const DEFAULT_TOPICS = 'layercast';

/** An MQTT broker, and how this host proves who it is. */
export interface Broker {
  /** `mqtt://HOST[:PORT]`, or `mqtts://` with TLS. */
  readonly url: string;
  readonly username?: string | undefined;
  /** Path of the file with the password. */
  readonly passwordFile?: string | undefined;
  /** Path of the certificates that the broker's is checked with (PEM); undefined: those of the system. */
  readonly ca?: string | undefined;
  /** Paths of this host's certificate and its private key (PEM). */
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
}

/** Whether a text is the address of a broker: with a host, and without what has settings of its own. */
function isBrokerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(text);
  return (
    /^mqtts?:$/.test(protocol) &&
    hostname !== '' &&
    `${username}${password}${search}${hash}` === '' &&
    ['', '/'].includes(pathname)
  );
}

/** A fault of a broker's settings: the setting, and what is wrong. */
export interface BrokerSettingFault {
  readonly setting: 'url' | 'passwordFile' | 'certificate' | 'privateKey' | 'prefix' | 'homeAssistant';
  readonly text: string;
}

/** What is wrong with the settings of a broker that are each right by themselves. */
export function brokerFaults(
  { url, username, passwordFile, certificate, privateKey }: Broker,
  prefix: string | undefined,
): readonly BrokerSettingFault[] {
  const faults: BrokerSettingFault[] = [];
  const add = (setting: BrokerSettingFault['setting'], text: string) => faults.push({ setting, text });
  if (!isBrokerUrl(url)) {
    add(
      'url',
      `not the address of a broker, found ${JSON.stringify(url)}, allowed: mqtt://HOST[:PORT] or mqtts://HOST[:PORT]`,
    );
  }
  if (passwordFile !== undefined && username === undefined) {
    add('passwordFile', 'a password without a user, found nothing, allowed: username beside it');
  }
  if ((certificate === undefined) !== (privateKey === undefined)) {
    const [has, lacks] =
      certificate === undefined ? (['privateKey', 'certificate'] as const) : (['certificate', 'privateKey'] as const);
    add(has, `half of a proof, found no ${lacks}, allowed: certificate and privateKey, or none of them`);
  }
  if (prefix !== undefined && !isTopicPrefix(prefix)) {
    add(
      'prefix',
      `not the beginning of topics, found ${JSON.stringify(prefix)}, allowed: words with / between, without + and #`,
    );
  }
  return faults;
}

/** The longest prefix: topics have at most 65,535 bytes, and names up to 255, three times as long when they are encoded. */
const MAX_PREFIX_BYTES = 200;

function isTopicPrefix(text: string): boolean {
  return (
    /^[^+#\p{Cc}/]+(\/[^+#\p{Cc}/]+)*$/u.test(text) &&
    Buffer.byteLength(text) <= MAX_PREFIX_BYTES &&
    !text.startsWith('$')
  );
}
