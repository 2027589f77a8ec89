// What all peers have in common: rooms with members, and which of their commands are let through.

const ID = /^[0-9a-f]{32}$/;

const isId = (value) => typeof value === "string" && ID.test(value);

/** A room: who came into it, whose hands are up, and the number of its last event. */
export class Room {
  #seq = 0;
  #members = 0;
  #hands = new Map(); // by the id of the raise: whose it is

  /** The number of the next member. */
  enter() {
    return ++this.#members;
  }

  /** Why this command is refused, "" if it is not. */
  refusal(by, command) {
    if (command === null || typeof command !== "object" || !isId(command.id)) return "not a command";
    switch (command.kind) {
      case "raise":
        return typeof command.intent === "string" ? "" : "no intent";
      case "lower":
        return isId(command.hand) && this.#hands.get(command.hand) === by ? "" : "not a hand of yours";
      default:
        return "unknown kind";
    }
  }

  /** Keeps what a command that is not refused has changed. */
  keep(by, command) {
    if (command.kind === "raise") this.#hands.set(command.id, by);
    else this.#hands.delete(command.hand);
  }

  /** The event of a command that is not refused: numbered, with its time in milliseconds. */
  event(by, command) {
    this.keep(by, command);
    const { id, kind } = command;
    const event = { seq: ++this.#seq, id, at: Date.now(), by, kind };
    if (kind === "raise") event.intent = command.intent;
    else event.hand = command.hand;
    return event;
  }
}

/** Rooms by name, each made when it is first asked for. */
export class Rooms {
  #rooms = new Map();

  get(name) {
    let room = this.#rooms.get(name);
    if (room === undefined) this.#rooms.set(name, (room = new Room()));
    return room;
  }
}
