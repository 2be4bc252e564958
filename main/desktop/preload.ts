// The sandboxed window's only door: one frozen GatewayApi as `window.masqGate`. No raw ipcRenderer and no event object
// gets out; arguments are checked on the other side, where a window cannot reach the check.
import { contextBridge, type IpcRendererEvent, ipcRenderer } from 'electron';
import type { CommandArgument, CommandName, GatewayApi, Meter, StateEvent } from '../contract.ts';
import { CALL_CHANNEL, METER_CHANNEL, STATE_CHANNEL } from './channels.ts';

function listen<T>(channel: string, listener: (event: T) => void): () => void {
  const inner = (_: IpcRendererEvent, event: T) => listener(event);
  ipcRenderer.on(channel, inner);
  return () => {
    ipcRenderer.removeListener(channel, inner);
  };
}

const api: GatewayApi = {
  call: <N extends CommandName>(name: N, argument: CommandArgument<N>) =>
    ipcRenderer.invoke(CALL_CHANNEL, name, argument),
  onState: (listener) => listen<StateEvent>(STATE_CHANNEL, listener),
  onMeter: (listener) => listen<Meter>(METER_CHANNEL, listener),
};

contextBridge.exposeInMainWorld('masqGate', Object.freeze(api));
