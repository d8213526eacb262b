type Child = Node | string;

/** An element with classes and children. Texts become text nodes, so nothing that came over the network is read as HTML. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  classes = '',
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (classes !== '') made.className = classes;
  made.append(...children);
  return made;
}

export function withAttributes<Of extends Element>(made: Of, attributes: Readonly<Record<string, string>>): Of {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Changes the text of an element only if it is another, so that selections stay and nothing is laid out anew. */
export function setText(of: Element, text: string): void {
  if (of.textContent !== text) of.textContent = text;
}

export function setAttribute(of: Element, name: string, value: string): void {
  if (of.getAttribute(name) !== value) of.setAttribute(name, value);
}

/** The part of the page that screen readers read when it changes. */
export function announce(text: string): void {
  setText(document.getElementById('news')!, text);
}
