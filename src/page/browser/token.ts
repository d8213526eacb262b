import { element, withAttributes } from './elements.js';

/** Only this tab has it, until it is closed. */
const NAME = 'layercast-token';

/** The fields with which requests say who sends them. */
export function authorization(): Readonly<Record<string, string>> {
  const token = sessionStorage.getItem(NAME);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** Asks a person for a token. @returns the form, and when the person has given one */
export function askForToken(): { readonly form: HTMLFormElement; readonly given: Promise<void> } {
  const attributes = { type: 'password', autocomplete: 'off', required: '', spellcheck: 'false', name: 'token' };
  const input = withAttributes(element('input'), attributes);
  const why =
    sessionStorage.getItem(NAME) === null ? 'This manager asks for a token.' : 'The manager does not know this token.';
  const form = element(
    'form',
    '',
    element('p', '', why),
    element('label', '', 'Token', input),
    element('button', '', 'Show'),
  );
  const given = new Promise<void>((resolve) => {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      sessionStorage.setItem(NAME, input.value.trim());
      resolve();
    });
  });
  return { form, given };
}
