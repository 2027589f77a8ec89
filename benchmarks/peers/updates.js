// Makes the updates that a member's pushes to a room's array are for the others, in advance. For each line read, a
// JSON array of commands, a new document pushes them one by one, and each update is written, its length (4 bytes, big
// end first) before it.

import { createInterface } from "node:readline";
import * as Y from "yjs";

function updates(commands) {
  const document = new Y.Doc();
  const made = [];
  document.on("update", (update) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(update.length);
    made.push(length, update);
  });
  const events = document.getArray("events");
  for (const command of commands) events.push([command]);
  return Buffer.concat(made);
}

for await (const line of createInterface({ input: process.stdin })) process.stdout.write(updates(JSON.parse(line)));
