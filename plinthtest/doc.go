// Package plinthtest tests a whole application in the process of the test: its handler with
// signed-in clients, a clock, a mailbox and jobs that run step by step. It is for tests only.
//
// The application is built by a function that its program uses too:
//
//	func newApp(ctx context.Context, config plinth.Config) (*plinth.App, error)
//
// A test gives it to [New]:
//
//	kit := plinthtest.New(t, newApp)
//	alice, bob := kit.As("alice"), kit.As("bob")
//	alice.Post("/rest/v1/notes", `{"title":"hello"}`).Want(201)
//	bob.Get("/rest/v1/notes").Want(200).WantBody(`[]`)
//
//	kit.Advance(24 * time.Hour)
//	kit.RunJobs()
//	mail := kit.Mailbox().Wait("alice@example.org")
//
// The database is a new SQLite file, or with [Postgres] a new PostgreSQL database. [Engines]
// runs a test on both.
//
// # The clock
//
// The time of [Kit.Now] runs like that of the machine, and jumps by [Kit.Advance]. The store,
// accounts, rules, jobs and schedules use it. Jobs use the clock of the database outside of
// tests; [Kit.RunJobs] runs what is due at the time of the kit instead. The limits of
// requests, the timeouts and what an application itself takes from [time.Now] stay with the
// machine.
//
// # What differs from a server
//
// The application is in development, with keys, on a database that is not safe against a
// crash. Work of [plinth.App.Background] runs until the test ends. Jobs run in
// [Kit.RunJobs] only, one at a time. Every mail and text message goes to the [Mailbox].
// E-mail addresses are not confirmed by themselves.
package plinthtest
