const MOST_CHARACTERS = 100;

/** A name that a client sent, in quotes for a message; a long one is cut, since a name may fill a whole message. */
export function quoteName(name: string): string {
  if (name.length <= MOST_CHARACTERS) return `'${name}'`;
  return `'${cutText(name, MOST_CHARACTERS)}' (${name.length} characters)`;
}

/** `text` or its first `most` UTF-16 units and an ellipsis; never half a surrogate pair, which no status can carry. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  const half = last >= 0xd800 && last < 0xdc00;
  return `${text.slice(0, half ? most - 1 : most)}…`;
}
