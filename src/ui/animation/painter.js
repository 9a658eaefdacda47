// Draws the state of a timeline at one time on a canvas.
import { colorOf, letterOf, textOn } from '../state/colors.js';
import { color } from '../state/theme.js';
import { centre, layout, stripBox } from './layout.js';

const FAILURE_SHOWN = 0.8; // seconds of the animation

const ease = (p) => (p < 0.5 ? 2 * p * p : 1 - (-2 * p + 2) ** 2 / 2);
const clamp = (p) => Math.min(1, Math.max(0, p));
/// Maps [from, to] to 0 to 1.
const fraction = (p, from, to) => clamp((p - from) / (to - from));

function theme() {
  const names = ['on-surface', 'on-surface-variant', 'outline-variant', 'surface-container', 'surface-container-high',
    'surface-container-highest', 'surface-container-lowest', 'primary', 'error', 'outline'];
  return Object.fromEntries(names.map((name) => [name, color(`--${name}`)]));
}

function rounded(context, { x, y, width, height }, radius) {
  context.beginPath();
  context.roundRect(x, y, width, height, Math.max(0, Math.min(radius, width / 2, height / 2)));
}

class Painter {
  constructor(context, timeline, t, pictures, histogram, size) {
    Object.assign(this, { context, timeline, t, pictures, histogram, ...size });
    this.theme = theme();
    this.boxes = layout(size.width, size.height, pictures.ratio, timeline.sortedWorkers());
    this.inProgress = timeline.inProgress(t);
    this.phase = timeline.phaseAt(t);
    this.progress = timeline.progress(t);
    this.shares = timeline.shares(t);
    this.font = color('--font') || 'sans-serif';
  }

  text(words, x, y, { size = 13, weight = 400, align = 'left', fill = 'on-surface', maxWidth } = {}) {
    const { context } = this;
    context.font = `${weight} ${size}px ${this.font}`;
    context.textAlign = align;
    context.textBaseline = 'middle';
    context.fillStyle = this.theme[fill] ?? fill;
    if (maxWidth) {
      while (words.length > 2 && context.measureText(words).width > maxWidth) words = `${words.slice(0, -2)}…`;
    }
    context.fillText(words, x, y);
  }

  // --- The two images ---

  source() {
    const { context, timeline, boxes: { source } } = this;
    this.text('Image, split into strips', source.x, source.y - 14, { fill: 'on-surface-variant' });
    context.save();
    rounded(context, source, 6);
    context.clip();
    context.fillStyle = this.theme['surface-container-highest'];
    context.fillRect(source.x, source.y, source.width, source.height);
    if (this.pictures.before) context.drawImage(this.pictures.before, source.x, source.y, source.width, source.height);
    const working = new Map(this.inProgress.map((attempt) => [attempt.strip, attempt]));
    const second = this.phase === 'apply' || this.phase === 'stitch';
    for (let strip = 0; strip < timeline.strips.length; ++strip) {
      const box = stripBox(timeline, strip, source);
      const done = second ? timeline.mapped[strip] : timeline.counted[strip];
      const attempt = working.get(strip);
      if (done?.at <= this.t) {
        context.globalAlpha = 0.3;
        context.fillStyle = colorOf(done.worker);
        context.fillRect(box.x, box.y, box.width, box.height);
        context.globalAlpha = 1;
        context.fillRect(box.x, box.y, Math.min(7, box.width), box.height);
      } else if (attempt) {
        context.globalAlpha = 0.8;
        context.fillStyle = colorOf(attempt.worker);
        context.fillRect(box.x, box.y, box.width, box.height);
      } else if (timeline.ready.length > 0 && !(timeline.ready[strip] <= this.t)) {
        context.globalAlpha = 0.75; // not read yet
        context.fillStyle = this.theme['surface-container-high'];
        context.fillRect(box.x, box.y, box.width, box.height);
      }
      context.globalAlpha = 1;
    }
    this.stripLines(source);
    for (const failure of timeline.failures) {
      if (failure.at > this.t) continue;
      const box = stripBox(timeline, failure.strip, source);
      context.fillStyle = this.theme.error;
      context.fillRect(box.x + box.width - 7, box.y, 7, box.height);
    }
    context.restore();
  }

  /// Lines between strips, unless they are too close together.
  stripLines(box) {
    const { context, timeline } = this;
    if (timeline.strips.length === 0 || stripBox(timeline, 0, box).height < 4) return;
    context.strokeStyle = '#0006';
    context.lineWidth = 1;
    context.beginPath();
    for (let strip = 0; strip < timeline.strips.length; ++strip) {
      const { x, y, width, height } = stripBox(timeline, strip, box);
      context.rect(x, y, width, height);
    }
    context.stroke();
  }

  result() {
    const { context, timeline, boxes: { result } } = this;
    this.text('Result, stitched', result.x, result.y - 14, { fill: 'on-surface-variant' });
    context.save();
    rounded(context, result, 6);
    context.clip();
    context.fillStyle = this.theme['surface-container'];
    context.fillRect(result.x, result.y, result.width, result.height);
    const picture = this.pictures.after;
    for (let strip = 0; strip < timeline.strips.length; ++strip) {
      const done = timeline.mapped[strip];
      if (!(done?.at <= this.t)) continue;
      const box = stripBox(timeline, strip, result);
      const written = timeline.written[strip] <= this.t;
      if (written && picture) this.slice(picture, result, box, box);
      context.globalAlpha = written ? (picture ? 0 : 0.85) : 0.5;
      context.fillStyle = colorOf(done.worker);
      context.fillRect(box.x, box.y, box.width, box.height);
      context.globalAlpha = 1;
      context.fillRect(box.x + box.width - Math.min(7, box.width), box.y, Math.min(7, box.width), box.height);
    }
    context.restore();
    rounded(context, result, 6);
    context.strokeStyle = this.theme['outline-variant'];
    context.lineWidth = 1;
    context.stroke();
  }

  /// Draws into `to` the piece of a picture that `part` covers when the picture fills `whole`.
  slice(picture, whole, part, to) {
    const x = ((part.x - whole.x) / whole.width) * picture.width;
    const y = ((part.y - whole.y) / whole.height) * picture.height;
    const width = (part.width / whole.width) * picture.width;
    const height = Math.max(1, (part.height / whole.height) * picture.height);
    this.context.drawImage(picture, x, y, width, height, to.x, to.y, to.width, to.height);
  }

  // --- Workers ---

  workers() {
    for (const [worker, box] of this.boxes.workers) this.worker(worker, box);
  }

  worker(worker, box) {
    const { context } = this;
    const lost = this.timeline.lost.get(worker) <= this.t;
    const busy = this.inProgress.filter((attempt) => attempt.worker === worker);
    const tint = lost ? this.theme.outline : colorOf(worker);
    const pulse = busy.length > 0 && !lost ? 0.14 + 0.08 * Math.sin(this.pulse * 6) : 0.06;
    rounded(context, box, 10);
    context.fillStyle = this.theme['surface-container'];
    context.fill();
    context.globalAlpha = pulse;
    context.fillStyle = tint;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = busy.length > 0 && !lost ? 2.5 : 1.5;
    context.strokeStyle = tint;
    if (lost) context.setLineDash([5, 4]);
    context.stroke();
    context.setLineDash([]);
    const middle = box.y + box.height / 2;
    const side = Math.min(26, box.height - 8);
    if (side > 8) {
      rounded(context, { x: box.x + 10, y: middle - side / 2, width: side, height: side }, 6);
      context.fillStyle = tint;
      context.fill();
      this.text(letterOf(worker), box.x + 10 + side / 2, middle + 0.5, {
        size: side * 0.6, weight: 500, align: 'center', fill: lost ? this.theme['surface-container-lowest'] : textOn(tint),
      });
    }
    const bars = lost ? 0 : this.cachedStrips(worker, box);
    const left = box.x + 20 + side, available = box.width - side - 32 - bars;
    const { counted, mapped, failed } = this.shares.get(worker);
    const name = worker === 'master' ? 'the master itself' : worker;
    const second = this.phase === 'apply' || this.phase === 'stitch';
    const done = second ? `${mapped} mapped` : `${counted} counted`;
    const words = lost ? `lost, with ${failed} strip${failed === 1 ? '' : 's'}` : done;
    if (box.height >= 40) {
      this.text(name, left, middle - 9, { weight: 500, size: 13, maxWidth: available, fill: lost ? 'on-surface-variant' : 'on-surface' });
      this.text(words, left, middle + 9, { size: 12, maxWidth: available, fill: lost ? 'error' : 'on-surface-variant' });
    } else if (box.height >= 14) {
      this.text(lost ? `${name}: ${words}` : name, left, middle, { weight: 500, size: 12, maxWidth: available });
    }
  }

  /// Strips that a worker has counted but not yet mapped, as small bars at its right edge. Returns their width.
  cachedStrips(worker, box) {
    const { context, timeline } = this;
    if (worker === 'master' || box.height < 24) return 0;
    let bars = 0;
    for (let strip = 0; strip < timeline.strips.length; ++strip) {
      const counted = timeline.counted[strip];
      if (counted?.worker === worker && counted.at <= this.t && !(timeline.mapped[strip]?.at <= this.t)) ++bars;
    }
    context.fillStyle = colorOf(worker);
    const high = Math.floor((box.height - 12) / 4);
    for (let i = 0; i < Math.min(bars, high * 3); ++i) {
      const column = Math.floor(i / high), row = i % high;
      context.fillRect(box.x + box.width - 17 - column * 14, box.y + box.height - 9 - row * 4, 11, 2.5);
    }
    return Math.min(3, Math.ceil(bars / high)) * 14;
  }

  // --- The sum of the histograms, and the table ---

  table() {
    const { context, progress, boxes: { table } } = this;
    const active = this.phase === 'reduce';
    rounded(context, table, 10);
    context.fillStyle = this.theme['surface-container'];
    context.fill();
    context.lineWidth = active ? 3 : 1.5;
    context.strokeStyle = active || progress.reduced ? this.theme.primary : this.theme['outline-variant'];
    context.stroke();
    const total = progress.total || 1;
    const words = progress.reduced ? 'old → new level' : `${progress.counted} of ${total}`;
    this.text('Reduce', table.x + 12, table.y + 15, { weight: 500 });
    this.text(words, table.x + 62, table.y + 15, { size: 12, fill: 'on-surface-variant', maxWidth: table.width - 72 });
    const plot = { x: table.x + 12, y: table.y + 28, width: table.width - 24, height: table.height - 38 };
    const bins = this.histogram;
    if (!bins || plot.height < 10) return;
    // Only the final sum is known: a partial sum is drawn as the same shape, scaled.
    const grown = (progress.counted / total) * plot.height;
    const step = plot.width / bins.before.length;
    context.fillStyle = this.theme['on-surface-variant'];
    context.globalAlpha = 0.55;
    bins.before.forEach((value, i) => {
      if (value > 0) context.fillRect(plot.x + i * step, plot.y + plot.height - value * grown, Math.max(1, step - 0.5), value * grown);
    });
    context.globalAlpha = 1;
    const drawn = progress.reduced ? 1 : this.reduceProgress();
    if (drawn <= 0) return;
    context.save();
    context.beginPath();
    context.rect(plot.x - 2, plot.y - 4, plot.width * drawn + 2, plot.height + 8);
    context.clip();
    context.beginPath();
    bins.table.forEach((value, i) => context.lineTo(plot.x + (i + 0.5) * step, plot.y + plot.height * (1 - value)));
    context.strokeStyle = this.theme.primary;
    context.lineWidth = 2.5;
    context.stroke();
    context.restore();
  }

  /// Progress of the reduce phase, 0 to 1.
  reduceProgress() {
    const part = this.timeline.segments().find(({ phase }) => phase === 'reduce');
    return part ? fraction(this.t, part.from, part.to) : 0;
  }

  // --- Attempts in progress ---

  attempts() {
    for (const attempt of this.inProgress) {
      const box = this.boxes.workers.get(attempt.worker);
      if (!box) continue;
      if (attempt.phase === 'map') this.countAttempt(attempt, box);
      else this.mapAttempt(attempt, box);
    }
    this.failures();
  }

  countAttempt({ strip, worker, part }, box) {
    if (worker === 'master') return this.highlight(strip, worker);
    const slot = this.slot(box, strip);
    if (part < 0.62) this.flyStrip(strip, worker, this.boxes.source, slot, ease(fraction(part, 0, 0.45)), this.pictures.before);
    else this.flyHistogram(worker, centre(box), centre(this.boxes.table), ease(fraction(part, 0.62, 1)));
    return undefined;
  }

  mapAttempt({ strip, worker, kept, part }, box) {
    if (worker !== 'master') {
      if (part < 0.32) this.flyTable(centre(this.boxes.table), centre(box), ease(part / 0.32));
      if (part < 0.5 && !kept) {
        this.flyStrip(strip, worker, this.boxes.source, this.slot(box, strip), ease(fraction(part, 0, 0.4)), this.pictures.before);
      }
    }
    if (part > 0.5) {
      const p = ease(fraction(part, 0.5, 1));
      this.flyStrip(strip, worker, this.boxes.result, this.slot(box, strip), 1 - p, this.pictures.after ?? this.pictures.before);
    }
  }

  /// A strip's place in its worker's box.
  slot(box, strip) {
    const width = Math.min(70, box.width * 0.4);
    return { x: box.x + box.width / 2 - width / 2, y: box.y + 6 + (strip % 5) * ((box.height - 16) / 5), width, height: 5 };
  }

  /// A strip on its way between the image (p = 0) and a worker (p = 1).
  flyStrip(strip, worker, image, to, p, picture) {
    const { context } = this;
    const from = stripBox(this.timeline, strip, image);
    const mix = (a, b) => a + (b - a) * p;
    const box = {
      x: mix(from.x, to.x), y: mix(from.y, to.y),
      width: mix(from.width, to.width), height: Math.max(4, mix(from.height, to.height)),
    };
    context.save();
    context.shadowColor = '#0008';
    context.shadowBlur = 6;
    context.fillStyle = colorOf(worker);
    context.fillRect(box.x - 1.5, box.y - 1.5, box.width + 3, box.height + 3);
    context.restore();
    if (picture) this.slice(picture, image, from, box);
    context.globalAlpha = 0.35;
    context.fillStyle = colorOf(worker);
    context.fillRect(box.x, box.y, box.width, box.height);
    context.globalAlpha = 1;
  }

  /// A histogram on its way to the sum.
  flyHistogram(worker, from, to, p) {
    const { context } = this;
    const x = from.x + (to.x - from.x) * p, y = from.y + (to.y - from.y) * p;
    context.fillStyle = this.theme['surface-container-lowest'];
    rounded(context, { x: x - 15, y: y - 12, width: 30, height: 22 }, 4);
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = colorOf(worker);
    context.stroke();
    context.fillStyle = colorOf(worker);
    [6, 11, 15, 9, 5].forEach((height, i) => context.fillRect(x - 11 + i * 4.6, y + 7 - height, 3.4, height));
  }

  /// The table on its way to a worker.
  flyTable(from, to, p) {
    const { context } = this;
    const x = from.x + (to.x - from.x) * p, y = from.y + (to.y - from.y) * p;
    rounded(context, { x: x - 14, y: y - 11, width: 28, height: 22 }, 4);
    context.fillStyle = this.theme['surface-container-lowest'];
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = this.theme.primary;
    context.stroke();
    context.beginPath();
    context.moveTo(x - 10, y + 7);
    context.bezierCurveTo(x - 2, y + 6, x, y - 6, x + 10, y - 7);
    context.lineWidth = 2;
    context.stroke();
  }

  /// A strip that the master processes in place.
  highlight(strip, worker) {
    const box = stripBox(this.timeline, strip, this.boxes.source);
    this.context.lineWidth = 2;
    this.context.strokeStyle = colorOf(worker);
    this.context.strokeRect(box.x, box.y, box.width, box.height);
  }

  /// Crosses on workers whose attempts have just failed.
  failures() {
    const { context, timeline } = this;
    const shown = FAILURE_SHOWN / Math.max(timeline.slowness(this.t), 1e-6);
    for (const { at, worker } of timeline.failures) {
      const p = (this.t - at) / shown;
      const box = this.boxes.workers.get(worker);
      if (p < 0 || p > 1 || !box) continue;
      const { x, y } = centre(box);
      const size = 10 + 10 * p;
      context.globalAlpha = 1 - p;
      context.strokeStyle = this.theme.error;
      context.lineWidth = 4;
      context.beginPath();
      context.moveTo(x - size, y - size);
      context.lineTo(x + size, y + size);
      context.moveTo(x + size, y - size);
      context.lineTo(x - size, y + size);
      context.stroke();
      context.globalAlpha = 1;
    }
  }

  paint(pulse) {
    this.pulse = pulse;
    this.context.clearRect(0, 0, this.width, this.height);
    this.source();
    this.result();
    this.workers();
    this.table();
    this.attempts();
  }
}

/// Draws the state at time `t`. `pictures`: {before, after, ratio}, pictures may be missing; `histogram`: {before, table},
/// at most a few hundred bins between 0 and 1, or null; `size`: {width, height}; `pulse`: seconds, for blinking.
export function paint(context, timeline, t, pictures, histogram, size, pulse) {
  new Painter(context, timeline, t, pictures, histogram, size).paint(pulse);
}
