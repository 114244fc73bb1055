"""Exchange: contact between sessions; metadata only, never a body."""

from __future__ import annotations

from warehouse.events.base import Annotated, Count, Id, Person, Word, event, note


@event("exchange.message_sent")
class ExchangeMessageSent:
    """A side wrote to the other."""

    to_id: Person | None = None
    channel: Word | None = None
    is_reply_expected: Annotated[bool, note("it asks something; unknown counts as asking")] | None = None
    n_recipients: Count | None = None


@event("exchange.message_replied")
class ExchangeMessageReplied:
    """A side answered a message of the other."""

    channel: Word | None = None
    reply_to: Id | None = None


@event("exchange.broadcast_sent")
class ExchangeBroadcastSent:
    """A side wrote to many at once: no contact of the pair and nothing to answer."""

    to_id: Person | None = None
    n_recipients: Count | None = None


@event("exchange.async_update_sent")
class ExchangeAsyncUpdateSent:
    """A side sent an asynchronous update; answered, it is a full contact."""

    channel: Word | None = None


@event("exchange.checkin_sent")
class ExchangeCheckinSent:
    """A side asked gently whether all is well."""

    channel: Word | None = None


@event("exchange.delivery_failed")
class ExchangeDeliveryFailed:
    """A message of `actor` could not be delivered: a data problem, nobody's silence."""

    channel: Word | None = None
