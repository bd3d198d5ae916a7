// Package problem writes the library's errors as HTTP responses. It holds the error codes,
// the map from code to status, and the writer.
//
// An error returns its code by a method
//
//	Problem() (code string)
//
// also if it is wrapped, so errors need not import this package. The errors of the store
// have no such method: this package gives them their codes and texts. Six
// more methods of the same error are optional. [Texter] returns the texts for the client,
// [Detailer] details as JSON, [Fielder] the errors of single fields, [Allower] the methods
// of a 405, [Retrier] the seconds of Retry-After, and [Expecter] keeps an error out of the
// log. The text of Error is for the log and is never sent.
//
// # Codes
//
// A code is PostgREST's if it has the case, else PostgreSQL's SQLSTATE, else it begins with
// PL. A code of five characters outside the table gets the status of its SQLSTATE class.
// Any other unknown code counts as none.
//
// # What is not a coded error
//
// An [http.MaxBytesError] is PL413. A passed deadline of a statement is 57014 with 400: the
// statement timeout is a limit, and clients would retry after a 5xx. For the deadline of a
// whole request, the context has a coded error as its cause ([context.Cause]), which is
// PL504. Without such a cause it is PL503. A request canceled by a disconnect is PL499 and
// not logged as a failure. Any other cancellation is PL503. Everything else is XX000: the
// client gets a generic text, the log gets the error and the request id.
//
// At level debug the log also gets the reason for which a credential was rejected. Clients
// get the same text for every reason.
//
// # Differences from PostgREST
//
// A lost serialization race (40001, 40P01) is 409 instead of 500, since the client
// is meant to try again, and 57014 is 400 as said above.
package problem
