// Hocuspocus with its default settings: what arrives within one turn of the event loop is merged and leaves as one
// message (`flushDelay: 0`). A room is a document, a command an item that its sender pushes to an array in it. The
// array gives the order; an update that holds anything else than commands, or one that is refused, ends the
// membership of its sender.

import { Server } from "@hocuspocus/server";
import { messageYjsSyncStep1 } from "y-protocols/sync";
import * as Y from "yjs";
import { Room } from "./rooms.js";

const rooms = new WeakMap(); // by document

/** The commands in an update, `null` where there is something else. */
function pushed(update) {
  const { structs, ds } = Y.decodeUpdate(update);
  const others = ds.clients.size > 0;
  return others ? [null] : structs.flatMap(({ content }) => (content instanceof Y.ContentAny ? content.arr : [null]));
}

const server = new Server({
  port: 0,
  address: "127.0.0.1",
  quiet: true,
  async onListen({ port }) {
    console.log(`listening ${port}`);
  },
  async afterLoadDocument({ document }) {
    rooms.set(document, new Room());
  },
  async beforeSync({ type, payload, document, connection }) {
    if (type === messageYjsSyncStep1) return;
    const room = rooms.get(document);
    const by = connection.socketId;
    for (const command of pushed(payload)) {
      const refusal = room.refusal(by, command);
      if (refusal) throw Object.assign(new Error(refusal), { code: 4403, reason: `refused: ${refusal}` });
      room.keep(by, command);
    }
  },
});

server.listen();
