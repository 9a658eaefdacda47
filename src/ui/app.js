// The page. Its state is in state/, its components are in parts/, animation/ and result/.
import { html, render, useEffect } from './preact.js';
import { connect, disconnect } from './state/events.js';
import { useSelected } from './state/route.js';
import { useStore } from './state/store.js';
import { startTheme } from './state/theme.js';
import { Cluster } from './parts/cluster.js';
import { ConnectionLost } from './parts/connection_lost.js';
import { Images } from './parts/images.js';
import { ImageView } from './parts/image_view.js';
import { Login, restoreLogin } from './parts/login.js';
import { Logs } from './parts/logs.js';
import { Notices } from './parts/notices.js';
import { TopBar } from './parts/top_bar.js';
import { Upload } from './parts/upload.js';
import { Welcome } from './parts/welcome.js';

function App() {
  const user = useStore((state) => state.user);
  const selected = useSelected();
  useEffect(() => {
    if (!user) return undefined;
    connect();
    return disconnect;
  }, [user]);
  if (!user) return html`<${Login} />`;
  return html`
    <a class="skip" href="#view" onClick=${(event) => { event.preventDefault(); document.getElementById('view').focus(); }}>Skip to the image</a>
    <${TopBar} user=${user} />
    <${ConnectionLost} />
    <main class="layout">
      <div class="side">
        <${Cluster} />
        <${Upload} />
        <${Images} selected=${selected} />
      </div>
      <div class="view" id="view" tabindex="-1">
        ${selected ? html`<${ImageView} key=${selected} name=${selected} />` : html`<${Welcome} />`}
      </div>
      <${Logs} />
    </main>
    <${Notices} />`;
}

startTheme();
restoreLogin();
render(html`<${App} />`, document.getElementById('app'));
