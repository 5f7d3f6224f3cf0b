/** Debian's Chromium, driven by playwright-core. */
import { type Browser, chromium } from 'playwright-core';
import { programOf } from '../../../scripts/servers/binaries.ts';

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Installs it where it is missing, as root on Debian. The caller closes it. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: await programOf('chromium', 'chromium'), args });
}
