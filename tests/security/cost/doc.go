// Package cost holds the bounds on what one read may cost: memory of the server,
// memory of a PostgreSQL backend, and time. Its test sends generated requests to a
// server in a process of its own, over data that is made to be expensive, and
// measures both processes from outside.
//
//	PLINTH_TEST_LONG=1 go test ./tests/security/cost -v -timeout 3h
//
// It needs Linux, since it reads /proc. The everyday form sends a few requests over
// small data and measures nothing.
package cost
