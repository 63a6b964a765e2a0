/** Names that lead into the network of the receiver. */
const LOCAL_NAME = /(?:^|\.)(?:localhost|local|internal|localdomain|lan|home|arpa)$/;

/**
 * Tells if a payload may be fetched from a URL: `https:` without credentials, and a host that has a public name. An
 * address, a name without a dot and a name of a private network are refused. A public name may still lead to a private
 * address; the certificate of the host must then be valid for that name.
 */
export function isPublicUrl({ protocol, username, password, hostname }: URL): boolean {
  const name = hostname.replace(/\.$/, '');
  const isAddress = name.startsWith('[') || /(?:^|\.)\d+$/.test(name);
  const hasCredentials = username !== '' || password !== '';
  return protocol === 'https:' && !hasCredentials && name.includes('.') && !isAddress && !LOCAL_NAME.test(name);
}
