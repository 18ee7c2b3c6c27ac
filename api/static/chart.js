// <minute-chart>: one bar a minute, drawn to the box it stands in; redrawn when either changes.

import { svg, t } from "./page.js";

const LEFT = 2.25, BELOW = 1.375, ABOVE = 1.25; // rem: room for the scale, the times, the peak

class MinuteChart extends HTMLElement {
  connectedCallback() {
    new ResizeObserver(() => this.draw()).observe(this);
  }

  /** scans and refused: a count a minute, the present minute last; labelOf(place): its time. */
  set rates({ scans, refused, labelOf }) {
    Object.assign(this, { scans, refused, labelOf });
    this.draw();
  }

  draw() {
    if (!this.scans || this.clientHeight === 0) return;
    const rem = parseFloat(getComputedStyle(this.ownerDocument.documentElement).fontSize);
    const [left, below, above] = [LEFT * rem, BELOW * rem, ABOVE * rem];
    const [width, height] = [this.clientWidth, this.clientHeight];
    const peak = Math.max(...this.scans);
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((one) => one * 3 >= peak) ?? peak;
    const y = (value) => height - below - (height - below - above) * value / (step * 3);
    const slot = (width - left) / this.scans.length;
    const picture = svg("svg", { role: "img", "aria-label": this.told(peak) });
    for (const value of [0, step, 2 * step, 3 * step]) {
      picture.append(svg("line", { x1: left, x2: width, y1: y(value), y2: y(value) }),
        svg("text", { x: left - rem / 2, y: y(value) + rem / 3, "text-anchor": "end" }, value));
    }
    this.scans.forEach((count, place) => picture.append(...this.bar(place, count, left + slot * place, slot, y)));
    this.marks(picture, { peak, left, slot, y, height, rem });
    this.replaceChildren(picture);
  }

  bar(place, count, x, slot, y) {
    const present = place === this.scans.length - 1;
    const box = (value, name, inset = 0) => svg("rect", {
      class: name, x: x + slot * 0.125 + inset, y: y(value) + inset,
      width: slot * 0.75 - 2 * inset, height: Math.max(0, y(0) - y(value) - 2 * inset),
    });
    return [box(count, present ? "part" : "bar", present ? 1 : 0), box(this.refused[place], "refused")];
  }

  marks(picture, { peak, left, slot, y, height, rem }) {
    const last = this.scans.length - 1;
    const highest = this.scans.indexOf(peak);
    if (peak > 0) {
      picture.append(svg("text", { class: "peak", x: left + slot * (highest + 0.5), y: y(peak) - rem / 4, "text-anchor": "middle" }, peak));
    }
    for (const place of [0, 15, 30, 45, last]) {
      const anchor = place === last ? "end" : place === 0 ? "start" : "middle";
      const x = left + slot * (place + (place === last ? 1 : place === 0 ? 0 : 0.5));
      picture.append(svg("text", { x, y: height - rem / 4, "text-anchor": anchor }, this.labelOf(place)));
    }
  }

  told(peak) {
    const refused = this.refused.reduce((sum, one) => sum + one, 0);
    return t("wall.chart_told", { from: this.labelOf(0), to: this.labelOf(this.scans.length - 1), peak, refused });
  }
}

customElements.define("minute-chart", MinuteChart);
