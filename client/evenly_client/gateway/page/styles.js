// xterm.js sets styles in two ways that a page without 'unsafe-inline' refuses: <style> elements of its own, and the
// attribute `style` of each coloured span. Both are turned into ways that the page's policy allows: the elements get
// the nonce of this answer, and the attribute is set as a property, which may be done by scripts that may run at all.

const nonce = document.querySelector("script[nonce]").nonce;

const createElement = document.createElement;
document.createElement = function (name, options) {
  const element = createElement.call(this, name, options);
  if (name === "style") element.nonce = nonce;
  return element;
};

const setAttribute = Element.prototype.setAttribute;
Element.prototype.setAttribute = function (name, value) {
  if (name === "style") this.style.cssText = value;
  else setAttribute.call(this, name, value);
};
