import { mappingOf, path, text } from '../config/fields.js';
import { DEFAULT_TOPICS } from './broker.js';

const brokerShape = {
  url: text('Address of the broker: mqtt://HOST[:PORT], or mqtts://HOST[:PORT] with TLS'),
  username: text('Name that the broker knows this host by. Default: none').nullish(),
  passwordFile: path('File with the password. Default: none').nullish(),
  ca: path('Certificates (PEM) that the broker’s is checked with. Default: those of the system').nullish(),
  certificate: path('Certificate of this host (PEM), for brokers that ask for one. Default: none').nullish(),
  privateKey: path('Private key (PEM) of certificate. Default: none').nullish(),
  prefix: text('The first words of all topics').default(DEFAULT_TOPICS),
};

/** The broker of a fleet file. */
export const broker = mappingOf('an MQTT broker', brokerShape).meta({
  title: 'MQTT',
  description: 'The broker that layercast release tells of new versions; serve does not use it',
});
