/**
 * Certificates for experiments, valid for an hour. They are not for production, where your operator has an authority.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { md, pki } from 'node-forge';

/** A certificate and its private key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority that signs certificates. A program that trusts `cert` trusts all of them. */
export interface Authority {
  readonly cert: string;
  /** Creates a certificate for a server on localhost or for a client. */
  issue(name: string): Certificate;
}

const HOUR_MS = 60 * 60_000;
const DNS_NAME = 2; // type of an alternative name in RFC 5280

/** Creates an authority whose key never leaves this process. */
export function createAuthority(name: string): Authority {
  const { publicKey, privateKey } = createKeys();
  const create = (subject: string, key: string, extensions: readonly object[]) => {
    const certificate = pki.createCertificate();
    certificate.serialNumber = `00${randomBytes(16).toString('hex')}`; // the zeros keep the number positive
    certificate.publicKey = pki.publicKeyFromPem(key);
    certificate.validity.notBefore = new Date(Date.now() - HOUR_MS);
    certificate.validity.notAfter = new Date(Date.now() + HOUR_MS);
    certificate.setSubject([{ name: 'commonName', value: subject }]);
    certificate.setIssuer([{ name: 'commonName', value: name }]);
    certificate.setExtensions([...extensions]);
    certificate.sign(pki.privateKeyFromPem(privateKey), md.sha256.create());
    return pki.certificateToPem(certificate);
  };
  const issue = (subject: string) => {
    const keys = createKeys();
    const cert = create(subject, keys.publicKey, [
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      { name: 'subjectAltName', altNames: [{ type: DNS_NAME, value: 'localhost' }] },
    ]);
    return { cert, key: keys.privateKey };
  };
  const cert = create(name, publicKey, [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, critical: true },
  ]);
  return { cert, issue };
}

const createKeys = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
