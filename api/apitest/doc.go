// Package apitest helps to test an application that serves an API. It is for
// tests only.
//
// A [Client] sends requests to a handler in the process of the test, as any caller:
//
//	ann := apitest.New(t, handler).As(authtest.User("ann"))
//	ann.Post("/notes", `{"title":"hello"}`).Want(201)
//	ann.Get("/notes?select=title").Want(200).WantBody(`[{"title":"hello"}]`)
//
// That is for a handler of an [api.API] that has no Authenticator. A whole application
// authenticates by itself, so its callers need tokens, by [Client.With], or an
// Authenticator of the test's: the example of plinth's App.Handler has both.
//
// [Policy] tries every operation of every caller on every row and compares the table of
// results with a file. So the diff of a change shows its effect on the rules:
//
//	row                  anonymous  ann   bob   boss
//	a note for oneself   crud       CRUD  CRUD  CRUD
//	ann's draft          -rud       -RUD  -rud  -RUD
//	ann's shared note    -rud       -RUD  -Rud  -RUD
package apitest
