/** The names of the three ways between the window's preload and the main process. */
export const CALL_CHANNEL = 'masq-gate:call';
export const STATE_CHANNEL = 'masq-gate:state';
export const METER_CHANNEL = 'masq-gate:meter';
