/** Why the file of an origin could not be fetched. */
export class OriginFault extends Error {
  /** `restart`: what has been fetched is of no use any more. */
  readonly remedy: 'later' | 'restart';

  constructor(message: string, remedy: 'later' | 'restart' = 'later') {
    super(message);
    this.remedy = remedy;
  }
}
