export type { AgentStatus } from './agent/agent-plan.js';
export type { AgentEvents, AgentStateEvent, AgentWarningEvent } from './agent/events.js';
export { type ErrorCode, LayercastError, type OptionName, type Spelling } from './base/errors.js';
export type {
  Clock,
  Destination,
  Membership,
  MembershipRequest,
  Network,
  NetworkCapabilities,
  ReceivedBatch,
  ReportHearing,
  SendBatch,
  SendResult,
  SendSocket,
} from './base/ports.js';
export { type Agent, createAgent } from './create-agent.js';
export { createGateway, type Gateway } from './create-gateway.js';
export { createReceiver, type Receiver } from './create-receiver.js';
export { createSender, type Sender } from './create-sender.js';
export type { GatewayStatus } from './engine/gateway.js';
export type { GatewayEvents } from './events/gateway-events.js';
export type { AnswerClass, ClientCounts, ClientProtocol } from './gateway/client-counts.js';
export type { AgentOptions, Subscription, Wakes } from './options/agent-options.js';
export type { GatewayOptions } from './options/gateway-options.js';
export { type OptionFault, OptionsError } from './options/options-error.js';
export type { ReceiverOptions } from './options/receiver-options.js';
export type { SenderOptions } from './options/sender-options.js';
export type {
  NetworkEvent,
  PauseEvent,
  PublishEvent,
  RefuseEvent,
  SenderEvents,
  SenderStats,
  SenderWarningEvent,
  WithdrawEvent,
} from './publish/events.js';
export type { DatagramFault } from './receiver/counters.js';
export type {
  CompleteEvent,
  DescriptorEvent,
  FillEvent,
  ListeningEvent,
  MembershipEvent,
  ProgressEvent,
  ReceiverEvents,
  ReceiverStats,
  SeedEvent,
  WaitingEvent,
  WarningEvent,
} from './receiver/events.js';
export type { ChannelStats } from './sender/object-transmissions.js';
export type { PauseReason } from './sender/pauses.js';
export type { ChannelDescription, Descriptor, ServerDescription } from './wire/descriptor.js';
