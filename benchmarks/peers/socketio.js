// Socket.IO with its default settings. A member names the room as it connects.

import { createServer } from "node:http";
import { Server } from "socket.io";
import { Rooms } from "./rooms.js";

const rooms = new Rooms();
const server = createServer();
const io = new Server(server);

// The documentation's advice on memory: https://socket.io/docs/v4/memory-usage/
io.engine.on("connection", (raw) => {
  raw.request = null;
});

io.on("connection", (socket) => {
  const name = socket.handshake.auth.room;
  const room = rooms.get(name);
  const by = room.enter();
  socket.join(name);
  socket.on("command", (command) => {
    const refusal = room.refusal(by, command);
    if (refusal) socket.emit("refused", refusal);
    else io.to(name).emit("event", room.event(by, command));
  });
});

server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
