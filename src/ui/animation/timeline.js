// The state of a page's strips at any time of its job, reconstructed from the recorded events
// (/api/v1/jobs/{id}/timeline). No drawing, no clock, no network.

/// The animation does not run at the job's speed: short jobs are stretched to TARGET_SECONDS, and each phase takes at
/// least MIN_SECONDS. Jobs that take REAL_TIME_SECONDS or longer are shown at their own speed.
const TARGET_SECONDS = 16;
const MIN_SECONDS = { map: 4, reduce: 1.6, apply: 4, stitch: 2 };
const REAL_TIME_SECONDS = 12;

export class Timeline {
  constructor() {
    this.strips = [];
    this.planes = 1;
    this.width = 1;
    this.height = 1;
    this.attempts = []; // {strip, phase, worker, kept, from, to, end: open|done|failed|dropped, why}
    this.ready = []; // by strip: when it was read from the image
    this.counted = []; // by strip: {at, worker} of the map answer that was merged
    this.mapped = []; // the same of the apply answer
    this.written = []; // by strip: when it was written to the result
    this.phases = []; // {phase, at}
    this.workers = []; // in order of their first event
    this.lost = new Map(); // worker -> when
    this.failures = []; // {at, strip, worker, why}
    this.next = 0;
    this.latest = 0;
    this.ended = false;
    this.cut = false;
    this.open = new Map(); // strip -> its open attempts
    this.readUpTo = 0;
  }

  /// Adds the master's answer to `?from=next`.
  append({ strips, events, next, seconds, ended, more, cut }) {
    if (strips.length > 0) {
      this.strips = strips;
      this.planes = Math.max(...strips.map((strip) => strip.plane)) + 1;
      this.width = Math.max(...strips.map((strip) => strip.first_column + strip.columns));
      this.height = Math.max(...strips.map((strip) => strip.first_row + strip.rows));
    }
    for (const event of events) this.#apply(event);
    this.next = next;
    this.cut = cut;
    this.ended = ended && !more;
    if (!more) this.latest = Math.max(this.latest, seconds);
  }

  #apply({ at, what, phase, strip, worker, kept, why }) {
    this.latest = Math.max(this.latest, at);
    if (worker && !this.workers.includes(worker)) this.workers.push(worker);
    if (what === 'phase') {
      this.phases.push({ phase, at });
    } else if (what === 'ready') {
      for (; this.readUpTo < strip; ++this.readUpTo) this.ready[this.readUpTo] = at;
    } else if (what === 'sent') {
      const attempt = { strip, phase, worker, kept, from: at, to: Infinity, end: 'open' };
      this.attempts.push(attempt);
      this.lost.delete(worker); // reconnected under its old id
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
      this.failures.push({ at, strip, worker, why });
      const open = this.open.get(strip) ?? [];
      const attempt = open.find((one) => one.worker === worker);
      if (attempt) Object.assign(attempt, { to: at, end: 'failed', why });
      this.open.set(strip, open.filter((one) => one !== attempt));
    } else if (what === 'written') {
      this.written[strip] = at;
    } else if (what === 'gone') {
      this.lost.set(worker, at);
    }
  }

  /// By name, the master last.
  sortedWorkers() {
    return [...this.workers].sort((a, b) => (a === 'master') - (b === 'master') || a.localeCompare(b, 'en', { numeric: true }));
  }

  /// The displayed steps, {phase, at}. 'stitch' overlaps with 'apply' in the job; it is shown from the time on at which
  /// every strip is mapped.
  steps() {
    const steps = this.phases.filter(({ phase }) => ['read', 'map', 'reduce', 'apply'].includes(phase));
    const mapped = this.mapped.filter(Boolean);
    if (steps.at(-1)?.phase === 'apply' && mapped.length === this.strips.length) {
      steps.push({ phase: 'stitch', at: Math.max(...mapped.map(({ at }) => at)) });
    }
    return steps;
  }

  /// The step at time `t` of the job.
  phaseAt(t) {
    let current = 'map';
    for (const { phase, at } of this.steps()) if (at <= t) current = phase;
    return current;
  }

  /// The animation's parts: {phase, from, to} in the job's seconds, `length` in seconds of the animation.
  segments() {
    const starts = this.steps();
    const parts = starts.map(({ phase, at }, i) => ({ phase, from: at, to: starts[i + 1]?.at ?? Math.max(this.latest, at) }));
    const total = parts.reduce((sum, part) => sum + part.to - part.from, 0);
    const stretch = total >= REAL_TIME_SECONDS ? 1 : Math.min(TARGET_SECONDS / Math.max(total, 1e-6), 1e6);
    return parts.map((part) => ({ ...part, length: Math.max((part.to - part.from) * stretch, MIN_SECONDS[part.phase] ?? 0.5) }));
  }

  /// The animation's length in seconds.
  length() {
    return this.segments().reduce((sum, part) => sum + part.length, 0);
  }

  /// The job time that the animation has reached `seconds` after time `t`; at most `latest`.
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

  /// How many times slower than the job the animation runs at time `t`.
  slowness(t) {
    const part = this.segments().find(({ from, to }) => t >= from && t < to);
    return part ? part.length / Math.max(part.to - part.from, 1e-6) : 1;
  }

  /// Converts a time of the job to a fraction of the animation, 0 to 1, for a slider.
  positionAt(t) {
    const total = this.length();
    let before = 0;
    for (const { from, to, length } of this.segments()) {
      if (t < to) return (before + (length * Math.max(0, t - from)) / Math.max(to - from, 1e-9)) / total;
      before += length;
    }
    return total > 0 ? before / total : 0;
  }

  /// The inverse of `positionAt`.
  timeAt(position) {
    return position >= 1 ? this.latest : this.advance(0, position * this.length());
  }

  /// Numbers of strips that had finished each step at time `t`.
  progress(t) {
    const until = (list) => list.reduce((n, entry) => n + ((entry?.at ?? entry) <= t ? 1 : 0), 0);
    const [counted, mapped, written] = [until(this.counted), until(this.mapped), until(this.written)];
    const reduced = this.phases.some(({ phase, at }) => phase === 'apply' && at <= t);
    return { total: this.strips.length, counted, mapped, written, reduced };
  }

  /// The attempts in progress at time `t`, each with its completed `part`, 0 to 1. The end of an open attempt is
  /// unknown: its part approaches 0.55.
  inProgress(t) {
    const found = [];
    for (const attempt of this.attempts) {
      if (attempt.from > t) break; // sorted by start
      if (attempt.to <= t) continue;
      const usual = Math.max(this.latest / 20, 1e-4);
      const part = Number.isFinite(attempt.to)
        ? (t - attempt.from) / Math.max(attempt.to - attempt.from, 1e-9)
        : 0.55 * (1 - Math.exp(-(t - attempt.from) / usual));
      found.push({ ...attempt, part });
    }
    return found;
  }

  /// What each worker had done by time `t`: Map of worker -> {counted, mapped, failed}.
  shares(t) {
    const shares = new Map(this.workers.map((worker) => [worker, { counted: 0, mapped: 0, failed: 0 }]));
    for (const entry of this.counted) if (entry?.at <= t) ++shares.get(entry.worker).counted;
    for (const entry of this.mapped) if (entry?.at <= t) ++shares.get(entry.worker).mapped;
    for (const failure of this.failures) if (failure.at <= t) ++shares.get(failure.worker).failed;
    return shares;
  }
}
