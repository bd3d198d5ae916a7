package driver

import "context"

// Listener is implemented by drivers whose database carries signals between
// processes. Signals may get lost and carry no data that matters: whoever
// listens also looks by itself from time to time.
type Listener interface {
	// Listen calls received with the payload of every signal on the channel,
	// those of this process included, one at a time. It returns when ctx ends
	// or the connection is lost; an error that is [errors.ErrUnsupported] says
	// that this database will never hear anything.
	Listen(ctx context.Context, channel string, received func(payload string)) error

	// Notify sends a signal to all who listen.
	Notify(ctx context.Context, channel, payload string) error
}
