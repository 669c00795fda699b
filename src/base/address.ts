/** How an address and port are written wherever people or other programs read them: `1.2.3.4:80` or `[::1]:80`. */
export function formatAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
