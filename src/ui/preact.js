// Preact and htm; only this file knows their path.
export { h, html, render, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from './packages/htm.js';
