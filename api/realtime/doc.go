// Package realtime sends changes of the database to those who may see them. A [Hub] reads the
// change log once for a process and serves subscribers of every instance's writes.
//
//	hub, err := realtime.New(a, db, realtime.Config{Authenticator: who})
//	go hub.Run(ctx)
//	mux.Handle("/rest/v1/-/live/", hub.Live("/rest/v1/-/live/"))
//	mux.Handle("/rest/v1/-/changes", hub.Changes())
//	mux.Handle("/realtime/v1/websocket", hub.WebSocket())
//
// # What a subscriber sees
//
// Every change is judged for its subscriber, by the rules of the REST API: a row that the
// subscriber may read is an insert or an update, a row that leaves what it may read is a delete
// with its key only, and no event has a column that the subscriber may not read. Images are
// those of the change, rules and other tables are those of the delivery. Subscribers whose rules
// and filters have equal values share the judgment.
//
// Credentials are verified again every two seconds. A stream ends when they are revoked, have
// expired, or allow something else than before. The client reconnects and continues at its
// cursor.
//
// # Broadcasts
//
// Config.Channels says who may join a channel and send to it. Broadcasts reach the members on
// all instances of a PostgreSQL by its signals, or by a row that is kept for a minute if they are
// too large. [Hub.Publish] sends an event after the commit of a transaction.
//
// # Presence
//
// Clients see who is in a channel, on all instances, if the rule Presence allows it. What an
// instance has shown ends at the latest 30 seconds after its last heartbeat.
//
// # Cursors
//
// Events come with a cursor of the change log. A client that reconnects with it misses nothing
// and gets nothing twice, on any instance. If the log no longer has what the client needs, it is
// told to read the list again: a resync.
package realtime
