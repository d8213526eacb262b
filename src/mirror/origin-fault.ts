import { plainText } from '../base/plain-text.js';

/** Why the file of an origin could not be fetched. The message may hold what the origin said. */
export class OriginFault extends Error {
  /** `restart`: what has been fetched is of no use any more. */
  readonly remedy: 'later' | 'restart';

  constructor(message: string, remedy: 'later' | 'restart' = 'later') {
    super(plainText(message));
    this.remedy = remedy;
  }
}
