// The animation's model, without a browser: the state that it reconstructs from events, and its time scale.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Timeline } from '../../src/ui/animation/timeline.js';

const strip = (first_row) => ({ plane: 0, first_row, rows: 10, first_column: 0, columns: 50, bytes: 500 });
const STRIPS = [strip(0), strip(10), strip(20)];
const EVENTS = [
  { at: 0, what: 'phase', phase: 'map' },
  { at: 0.01, what: 'ready', phase: 'map', strip: 3 },
  { at: 0.01, what: 'sent', phase: 'map', strip: 0, worker: 'b', kept: false },
  { at: 0.01, what: 'sent', phase: 'map', strip: 1, worker: 'a', kept: false },
  { at: 0.02, what: 'sent', phase: 'map', strip: 2, worker: 'a', kept: false },
  { at: 0.03, what: 'done', phase: 'map', strip: 0, worker: 'b' },
  { at: 0.04, what: 'gone', phase: 'map', worker: 'a' },
  { at: 0.04, what: 'missed', phase: 'map', strip: 1, worker: 'a', why: 'lost' },
  { at: 0.04, what: 'missed', phase: 'map', strip: 2, worker: 'a', why: 'lost' },
  { at: 0.05, what: 'sent', phase: 'map', strip: 1, worker: 'b', kept: false },
  { at: 0.05, what: 'sent', phase: 'map', strip: 2, worker: 'master', kept: false },
  { at: 0.06, what: 'done', phase: 'map', strip: 1, worker: 'b' },
  { at: 0.06, what: 'done', phase: 'map', strip: 2, worker: 'master' },
  { at: 0.06, what: 'phase', phase: 'reduce' },
  { at: 0.0601, what: 'phase', phase: 'apply' },
  { at: 0.061, what: 'sent', phase: 'apply', strip: 0, worker: 'b', kept: true },
  { at: 0.061, what: 'sent', phase: 'apply', strip: 1, worker: 'b', kept: true },
  { at: 0.062, what: 'sent', phase: 'apply', strip: 1, worker: 'master', kept: false },
  { at: 0.062, what: 'sent', phase: 'apply', strip: 2, worker: 'master', kept: false },
  { at: 0.07, what: 'done', phase: 'apply', strip: 1, worker: 'master' },
  { at: 0.07, what: 'done', phase: 'apply', strip: 2, worker: 'master' },
  { at: 0.08, what: 'done', phase: 'apply', strip: 0, worker: 'b' },
  { at: 0.081, what: 'written', phase: 'apply', strip: 0 },
  { at: 0.082, what: 'written', phase: 'apply', strip: 1 },
  { at: 0.083, what: 'written', phase: 'apply', strip: 2 },
  { at: 0.084, what: 'phase', phase: 'write' },
  { at: 0.085, what: 'phase', phase: 'done' },
];

const answer = (from, to, more = {}) => ({
  kept: true, seconds: 0.085, ended: true, cut: false, more: false, strips: from === 0 ? STRIPS : [],
  events: EVENTS.slice(from, to), next: Math.min(to, EVENTS.length), ...more,
});
const whole = () => {
  const timeline = new Timeline();
  timeline.append(answer(0, Infinity));
  return timeline;
};

test('events in pieces give the same state as all at once', () => {
  for (const piece of [1, 2, 5]) {
    const timeline = new Timeline();
    for (let from = 0; from < EVENTS.length; from += piece) {
      timeline.append(answer(from, from + piece, { more: from + piece < EVENTS.length }));
    }
    assert.deepEqual(timeline, whole());
  }
});

test('the state at a time', () => {
  const timeline = whole();
  assert.equal(timeline.height, 30);
  assert.deepEqual(timeline.sortedWorkers(), ['a', 'b', 'master']);
  assert.deepEqual(timeline.progress(0.035), { total: 3, counted: 1, mapped: 0, written: 0, reduced: false });
  assert.deepEqual(timeline.progress(0.0825), { total: 3, counted: 3, mapped: 3, written: 2, reduced: true });
  assert.deepEqual([0, 0.06005, 0.0605, 0.079, 0.081].map((t) => timeline.phaseAt(t)), ['map', 'reduce', 'apply', 'apply', 'stitch']);
  assert.deepEqual(timeline.inProgress(0.025).map(({ strip, worker }) => [strip, worker]), [[0, 'b'], [1, 'a'], [2, 'a']]);
  assert.deepEqual(timeline.shares(1).get('a'), { counted: 0, mapped: 0, failed: 2 });
  assert.deepEqual(timeline.shares(1).get('master'), { counted: 1, mapped: 2, failed: 0 });
});

test('a lost worker has failed its attempts; of two attempts at a strip the slower one is dropped', () => {
  const timeline = whole();
  assert.equal(timeline.lost.get('a'), 0.04);
  const ends = (worker) => timeline.attempts.filter((one) => one.worker === worker).map(({ end }) => end);
  assert.deepEqual(ends('a'), ['failed', 'failed']);
  assert.deepEqual(ends('b'), ['done', 'done', 'done', 'dropped']);
});

test('each phase is visible, however short it was', () => {
  const parts = whole().segments();
  assert.deepEqual(parts.map(({ phase }) => phase), ['map', 'reduce', 'apply', 'stitch']);
  for (const { phase, length } of parts) assert.ok(length > 1, phase);
  const timeline = new Timeline();
  timeline.append(answer(0, Infinity, { events: EVENTS.map((event) => ({ ...event, at: event.at * 1000 })), seconds: 85 }));
  const [map] = timeline.segments();
  assert.equal(map.length, map.to - map.from); // a long job is shown in real time
});

test('the animation runs forward to its end, and positions convert to times and back', () => {
  const timeline = whole();
  let t = 0, steps = 0;
  for (; t < timeline.latest; ++steps) {
    const next = timeline.advance(t, 0.1);
    assert.ok(next > t, `stands still at ${t}`);
    t = next;
    assert.ok(Math.abs(timeline.timeAt(timeline.positionAt(t)) - t) < 1e-6, `${t}`);
    assert.ok(steps < 1000);
  }
  assert.ok(steps > 50);
  assert.equal(timeline.positionAt(0), 0);
  assert.equal(timeline.positionAt(timeline.latest), 1);
});

test('while a job runs, the animation ends at its latest event', () => {
  const timeline = new Timeline();
  timeline.append(answer(0, 6, { ended: false, seconds: 0.035 }));
  assert.equal(timeline.ended, false);
  assert.equal(timeline.advance(0, 1000), 0.035);
  const open = timeline.inProgress(0.035).find(({ worker }) => worker === 'a');
  assert.ok(open.part > 0 && open.part < 0.6);
});
