/**
 * Octets of a line as text to show: seven bits, line ends made one, escape sequences (ECMA-48) and bells left out. Pure; the
 * split of the octets into reads changes nothing.
 */
const ESC = 0x1b;
const CR = 0x0d;
const LF = 0x0a;

type State = 'text' | 'escape' | 'sequence';

export class TerminalFilter {
  #state: State = 'text';
  #afterCr = false;

  push(bytes: Uint8Array): string {
    let text = '';
    for (const byte of bytes) text += this.#take(byte & 0x7f);
    return text;
  }

  #take(code: number): string {
    if (code === ESC) {
      this.#state = 'escape';
      return '';
    }
    if (this.#state === 'escape') {
      this.#state = code === 0x5b ? 'sequence' : 'text';
      return '';
    }
    if (this.#state === 'sequence') {
      // Parameters and intermediates go on; a control or a final octet ends it.
      if (code < 0x20 || code > 0x3f) this.#state = 'text';
      return '';
    }
    const afterCr = this.#afterCr;
    this.#afterCr = code === CR;
    if (code === CR) return '\n';
    if (code === LF) return afterCr ? '' : '\n';
    if (code === 0x08 || code === 0x7f) return '\b';
    if (code === 0x09) return '\t';
    if (code === 0x0c) return '\f';
    return code >= 0x20 ? String.fromCharCode(code) : '';
  }
}
