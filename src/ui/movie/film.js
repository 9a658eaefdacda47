// What happened to a page's strips, out of its timeline (/api/v1/jobs/{id}/timeline), in a form that says how things
// were at any moment. No drawing here, no clock, no network.

/// Film time is not the job's: a short job is stretched, and no phase is too short to be seen. Seconds.
const USUAL_LENGTH = 16;
const SHORTEST = { map: 4, reduce: 1.6, apply: 4, stitch: 2 };
/// From this length on a job is shown as fast as it was.
const REAL_TIME = 12;

export class Film {
  constructor() {
    this.strips = [];
    this.planes = 1;
    this.width = 1;
    this.height = 1;
    this.attempts = []; // {strip, phase, worker, kept, from, to, end: open|done|missed|dropped, why}
    this.ready = []; // by strip: when it could be read
    this.counted = []; // by strip: {at, worker} of the map answer that was merged
    this.mapped = []; // the same of the apply answer
    this.written = []; // by strip: when it was in the result
    this.phases = []; // {phase, at}
    this.workers = []; // in the order in which they came into it
    this.gone = new Map(); // worker -> when
    this.misses = []; // {at, strip, worker, why}
    this.next = 0;
    this.latest = 0;
    this.ended = false;
    this.cut = false;
    this.open = new Map(); // strip -> its open attempts
    this.readUpTo = 0;
  }

  /// Takes what the master answered to `?from=next`.
  append({ strips, events, next, seconds, ended, more, cut }) {
    if (strips.length > 0) {
      this.strips = strips;
      this.planes = Math.max(...strips.map((strip) => strip.plane)) + 1;
      this.width = Math.max(...strips.map((strip) => strip.first_column + strip.columns));
      this.height = Math.max(...strips.map((strip) => strip.first_row + strip.rows));
    }
    for (const event of events) this.#take(event);
    this.next = next;
    this.cut = cut;
    this.ended = ended && !more;
    if (!more) this.latest = Math.max(this.latest, seconds);
  }

  #take({ at, what, phase, strip, worker, kept, why }) {
    this.latest = Math.max(this.latest, at);
    if (worker && !this.workers.includes(worker)) this.workers.push(worker);
    if (what === 'phase') {
      this.phases.push({ phase, at });
    } else if (what === 'ready') {
      for (; this.readUpTo < strip; ++this.readUpTo) this.ready[this.readUpTo] = at;
    } else if (what === 'sent') {
      const attempt = { strip, phase, worker, kept, from: at, to: Infinity, end: 'open' };
      this.attempts.push(attempt);
      this.gone.delete(worker); // back under its old id
      if (!this.open.has(strip)) this.open.set(strip, []);
      this.open.get(strip).push(attempt);
    } else if (what === 'done') {
      (phase === 'map' ? this.counted : this.mapped)[strip] = { at, worker };
      for (const attempt of this.open.get(strip) ?? []) {
        attempt.to = at;
        attempt.end = attempt.worker === worker ? 'done' : 'dropped';
      }
      this.open.delete(strip);
    } else if (what === 'missed') {
      this.misses.push({ at, strip, worker, why });
      const open = this.open.get(strip) ?? [];
      const attempt = open.find((one) => one.worker === worker);
      if (attempt) Object.assign(attempt, { to: at, end: 'missed', why });
      this.open.set(strip, open.filter((one) => one !== attempt));
    } else if (what === 'written') {
      this.written[strip] = at;
    } else if (what === 'gone') {
      this.gone.set(worker, at);
    }
  }

  /// The workers in the order in which they are shown: by name, the master last.
  cast() {
    return [...this.workers].sort((a, b) => (a === 'master') - (b === 'master') || a.localeCompare(b, 'en', { numeric: true }));
  }

  /// The steps of the job as they are shown, {phase, at}: from the moment on at which every strip is mapped there is
  /// nothing left to do but to stitch, which the master has begun before.
  steps() {
    const steps = this.phases.filter(({ phase }) => ['read', 'map', 'reduce', 'apply'].includes(phase));
    const mapped = this.mapped.filter(Boolean);
    if (steps.at(-1)?.phase === 'apply' && mapped.length === this.strips.length) {
      steps.push({ phase: 'stitch', at: Math.max(...mapped.map(({ at }) => at)) });
    }
    return steps;
  }

  /// The step at a moment of the job.
  phaseAt(t) {
    let current = 'map';
    for (const { phase, at } of this.steps()) if (at <= t) current = phase;
    return current;
  }

  /// The parts of the film: {phase, from, to} in the job's seconds, `length` in seconds of the film.
  segments() {
    const starts = this.steps();
    const parts = starts.map(({ phase, at }, i) => ({ phase, from: at, to: starts[i + 1]?.at ?? Math.max(this.latest, at) }));
    const whole = parts.reduce((sum, part) => sum + part.to - part.from, 0);
    const stretch = whole >= REAL_TIME ? 1 : Math.min(USUAL_LENGTH / Math.max(whole, 1e-6), 1e6);
    return parts.map((part) => ({ ...part, length: Math.max((part.to - part.from) * stretch, SHORTEST[part.phase] ?? 0.5) }));
  }

  /// Where the film is after `seconds` more of it, from moment `t` of the job. Never beyond what is known.
  advance(t, seconds) {
    for (const { from, to, length } of this.segments()) {
      if (t >= to) continue;
      const rate = (to - from) / length;
      const left = (to - Math.max(t, from)) / rate;
      if (seconds < left) return Math.max(t, from) + seconds * rate;
      seconds -= left;
      t = to;
    }
    return Math.min(t, this.latest);
  }

  /// How many times slower than it was the film runs at moment `t`.
  slowness(t) {
    const part = this.segments().find(({ from, to }) => t >= from && t < to);
    return part ? part.length / Math.max(part.to - part.from, 1e-6) : 1;
  }

  /// A moment of the job as a part of the film, 0 to 1, and back: the film's own time runs evenly under a slider.
  position(t) {
    const parts = this.segments();
    const whole = parts.reduce((sum, part) => sum + part.length, 0);
    let before = 0;
    for (const { from, to, length } of parts) {
      if (t < to) return (before + (length * Math.max(0, t - from)) / Math.max(to - from, 1e-9)) / whole;
      before += length;
    }
    return whole > 0 ? before / whole : 0;
  }

  moment(position) {
    return position >= 1 ? this.latest : this.advance(0, position * this.segments().reduce((sum, part) => sum + part.length, 0));
  }

  /// How far each step has come at moment `t`: parts of the strips, 0 to 1, and how many.
  progress(t) {
    const until = (list) => list.reduce((n, entry) => n + ((entry?.at ?? entry) <= t ? 1 : 0), 0);
    const [counted, mapped, written] = [until(this.counted), until(this.mapped), until(this.written)];
    const reduced = this.phases.some(({ phase, at }) => phase === 'apply' && at <= t);
    return { total: this.strips.length, counted, mapped, written, reduced };
  }

  /// Attempts that are under way at moment `t`, each with its part done (0 to 1). Of one that is still open nobody
  /// knows how long it will take: it comes ever closer to the middle.
  underWay(t) {
    const going = [];
    for (const attempt of this.attempts) {
      if (attempt.from > t) break; // in the order in which they began
      if (attempt.to <= t) continue;
      const usual = Math.max(this.latest / 20, 1e-4);
      const part = Number.isFinite(attempt.to)
        ? (t - attempt.from) / Math.max(attempt.to - attempt.from, 1e-9)
        : 0.55 * (1 - Math.exp(-(t - attempt.from) / usual));
      going.push({ ...attempt, part });
    }
    return going;
  }

  /// What each worker has done until moment `t`: Map of worker -> {counted, mapped, missed}.
  shares(t) {
    const shares = new Map(this.workers.map((worker) => [worker, { counted: 0, mapped: 0, missed: 0 }]));
    for (const entry of this.counted) if (entry?.at <= t) ++shares.get(entry.worker).counted;
    for (const entry of this.mapped) if (entry?.at <= t) ++shares.get(entry.worker).mapped;
    for (const miss of this.misses) if (miss.at <= t) ++shares.get(miss.worker).missed;
    return shares;
  }
}
