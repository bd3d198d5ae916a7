package changelog

import "time"

// SubscriberStats are the figures of a hub of package api/realtime, which delivers the log to
// subscribers. The numbers of Changes to Broadcasts are since its start.
type SubscriberStats struct {
	// Sockets, Channels, Subscriptions and Classes are those of now. A subscription is one of
	// a socket, an event stream or Go code to a table. Subscriptions of one class share the
	// judgment of each change.
	Sockets, Channels, Subscriptions, Classes int

	// Lag is the age of the oldest change that is not delivered to all subscribers, 0 if there
	// is none.
	Lag time.Duration

	// Changes counts the changes that were delivered or concerned no subscriber. Delay is the
	// sum of the times from their write to their delivery to the queues of subscribers.
	Changes uint64
	Delay   time.Duration

	// Dropped counts subscriptions and sockets that ended because the client was too slow, and
	// Lost those that have to read the list again because the log is trimmed or the database
	// was restored.
	Dropped, Lost uint64

	// Broadcasts counts the broadcasts that had members on this instance, once for each member.
	Broadcasts uint64
}
