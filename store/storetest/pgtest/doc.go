// Package pgtest gives a test a PostgreSQL database of its own.
//
//	url := pgtest.URL(t) // fresh, dropped when t ends; t is skipped where there is no PostgreSQL
//
// # Where the server comes from
//
// One server is shared by all tests of a process. The first of these that works is taken:
//
//   - PLINTH_TEST_DATABASE_URL, a postgres:// URL of a role that may create databases. If it is set and does not work, the test
//     fails: whoever names a server wants that one.
//   - Docker, if an engine answers within two seconds. The image is PLINTH_TEST_POSTGRES_IMAGE, by default postgres:17; another
//     image has to keep the official one's contract (POSTGRES_PASSWORD, and the server's settings as arguments).
//   - The server binaries of this machine (initdb, postgres, pg_ctl), found in PATH, in /usr/lib/postgresql or through
//     pg_config. A root user runs them as postgres, or as nobody.
//
// Where none works the test is skipped, and the process says why in one line. PLINTH_TEST_REQUIRE=postgres makes that a failure;
// PLINTH_TEST_REQUIRE=docker does too, and accepts Docker only. It is a list, separated by commas: other tests look in it for the
// names of programs that they need.
//
// # What a test may rely on
//
// Databases are in UTF-8 with the locale en_US.UTF-8, or the ICU locale en-US where the server does not have that one. They are
// never in the locale C, under which text would compare as it does on SQLite and a test of that would prove nothing.
// PLINTH_TEST_LOCALE=libc or icu chooses one of the two.
//
// A server that pgtest started listens on 127.0.0.1 only, has a random password, runs without fsync, and ends with the test
// process, however that ends: a panic, a timeout and kill -9 leave no process, container or folder behind. For tests that stop or
// crash a server there is [Start].
//
// # Limits
//
// The databases that [Databases.Copy] copies stay on a server named by PLINTH_TEST_DATABASE_URL; their names begin with
// plinth_test_ too.
//
// Windows has no local servers; use Docker or a URL there. Databases of a test process that was killed stay on a server named by
// PLINTH_TEST_DATABASE_URL; their names begin with plinth_test_.
package pgtest
