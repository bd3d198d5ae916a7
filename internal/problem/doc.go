// Package problem is the one way an error leaves the library over HTTP. It holds
// the error codes, the one map from code to status, and the one writer.
//
// An error says what it is by a method
//
//	Problem() (code string)
//
// found with [errors.As], so wrapping is free and no package needs to import this
// one to take part. Six more methods are optional and looked for on the same
// error: [Texter] gives the client's words, [Detailer] details that are JSON,
// [Fielder] what is wrong field by field, [Allower] the methods of a 405, [Retrier]
// the seconds of a Retry-After, and [Expecter] what is not worth a line in the log.
// The text of Error is for the log and is never sent.
//
// # Codes
//
// A code is PostgREST's own where PostgREST has the case, the SQLSTATE where
// PostgreSQL has it, and begins with PL where neither does. A code of five
// characters that is not in the table is judged by its SQLSTATE class; any other
// unknown code is treated as no code at all.
//
// # What is not a coded error
//
// An [http.MaxBytesError] is PL413. A deadline that passed is 57014, a statement
// timeout, and answered with 400: the time of a statement is one of the limits
// that the answer names, and a 5xx would make clients repeat the slow statement.
// Where the deadline was that of the whole request, whoever set it says what that is
// by the cause of the context ([context.Cause]), a coded error: PL504. Without such a
// cause it is PL503.
// A cancelled request whose client went away is PL499 and not logged as a failure.
// A cancellation from elsewhere is PL503. Everything else is XX000: the client
// gets a generic text, the log gets the error and the request id.
//
// The log also gets, at level debug, why a credential was refused: clients are told the
// same for every reason.
//
// # Differences from PostgREST
//
// A lost serialization race (40001, 40P01) is 409 instead of 500, since the client
// is meant to try again, and 57014 is 400 as said above.
package problem
