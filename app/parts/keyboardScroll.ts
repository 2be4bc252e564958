// Given to a box that scrolls: the keyboard must reach it to scroll it (WCAG 2.1.1). A box is no control, which linters
// hold against a tab stop; here it is meant.
export const keyboardScroll = { tabIndex: 0 } as const;
