// The condition of a device, as a page shows it: what is not known is never green.

import { t } from "./page.js";

const HEALTH = { ready: "fine", degraded: "warn", connecting: "warn", absent: "bad", faulted: "bad", disabled: "unknown" };

/** fine, warn, bad or unknown; a page that is cut off knows nothing. */
export const health = (device, cut) => (cut ? "unknown" : HEALTH[device.state] ?? "unknown");

/** What to do about it, in words; a reason that has none is shown itself. */
export function reasonOf(device) {
  if (device.reason === null) return "";
  try {
    return t(`device.${device.reason}`);
  } catch {
    return device.reason;
  }
}
