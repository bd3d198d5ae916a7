package driver

import "context"

// Listener is implemented by drivers of databases that carry signals between processes.
// Signals may get lost and carry no essential data, so listeners also poll.
type Listener interface {
	// Listen calls received with the payload of every signal on the channel, including
	// those of this process, one at a time. It returns when ctx ends or the connection
	// is lost. An error that matches [errors.ErrUnsupported] says that this database
	// cannot deliver signals.
	Listen(ctx context.Context, channel string, received func(payload string)) error

	// Notify sends a signal to all listeners.
	Notify(ctx context.Context, channel, payload string) error
}
