/** Sockets of one VU: few enough that one event loop keeps up, many enough that VUs (1 to 5 MB each) stay few. */
const CLIENTS_PER_VU = 25;

/** VUs for so many clients. */
export function vusFor(clients: number): number {
  return Math.max(1, Math.ceil(clients / CLIENTS_PER_VU));
}
