// A demo login: any name and password are accepted, and the password is not sent anywhere. For real accounts, `logIn`
// would ask the master; the rest would stay as it is.
import { html, useState } from '../preact.js';
import { set } from '../state/store.js';
import { Icon } from './icon.js';

const KEY = 'ece465.user';

/// Restores the login of this browser tab.
export function restoreLogin() {
  const user = sessionStorage.getItem(KEY);
  if (user) set({ user });
}

function logIn(user) {
  sessionStorage.setItem(KEY, user);
  set({ user });
}

export function logOut() {
  sessionStorage.removeItem(KEY);
  set({ user: null, connection: 'connecting' });
}

export function Login() {
  const [missing, setMissing] = useState('');
  const submit = (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    const name = fields.get('name').trim();
    if (!name || !fields.get('password')) setMissing('Type any name and any password.');
    else logIn(name);
  };
  return html`
    <main class="login">
      <article class="card login-card">
        <h1><img src=${new URL('../icon.svg', import.meta.url).pathname} alt="" width="40" height="40" />ece465</h1>
        <p>Upload images and watch a cluster equalize them.</p>
        <form onSubmit=${submit} novalidate>
          <div class="field label border">
            <input id="name" name="name" autocomplete="username" autofocus placeholder=" " aria-describedby="demo missing" />
            <label for="name">User name</label>
          </div>
          <div class="field label border">
            <input id="password" name="password" type="password" autocomplete="off" placeholder=" " aria-describedby="demo missing" />
            <label for="password">Password</label>
          </div>
          <p class="error-words" id="missing" role="alert">${missing}</p>
          <button class="responsive large"><${Icon} name="user" /><span>Log in</span></button>
        </form>
        <p class="demo" id="demo"><strong>Demo login.</strong> Any user name and password work; the password is not sent
          anywhere. Anyone who can open this page can use the master.</p>
      </article>
    </main>`;
}
