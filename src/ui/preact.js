// Preact and htm, from the one place that knows where they lie.
export { h, html, render, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from './packages/htm.js';
