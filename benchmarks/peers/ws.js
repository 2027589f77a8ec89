// ws with its default settings. A member names the room by the path.

import { WebSocket, WebSocketServer } from "ws";
import { Rooms } from "./rooms.js";

const rooms = new Rooms();
const members = new Map(); // by the name of a room
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

server.on("connection", (socket, request) => {
  const name = request.url.slice(1);
  const room = rooms.get(name);
  const by = room.enter();
  if (!members.has(name)) members.set(name, new Set());
  const here = members.get(name).add(socket);
  socket.on("error", console.error);
  socket.on("close", () => here.delete(socket));
  socket.on("message", (text) => {
    const command = parsed(text);
    const refusal = room.refusal(by, command);
    if (refusal) {
      socket.send(JSON.stringify({ refused: refusal }));
      return;
    }
    const event = JSON.stringify(room.event(by, command));
    for (const member of here) if (member.readyState === WebSocket.OPEN) member.send(event);
  });
});

server.on("listening", () => console.log(`listening ${server.address().port}`));
