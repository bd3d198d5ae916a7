// Package pgtest gives a test a PostgreSQL database of its own.
//
//	url := pgtest.URL(t) // fresh, dropped when t ends; t is skipped where there is no PostgreSQL
//
// # Where the server comes from
//
// All tests of a process share one server. The first of these that works is used:
//
//   - PLINTH_TEST_DATABASE_URL, a postgres:// URL of a role that may create databases. If it is set and does not work, the test
//     fails instead of using another server.
//   - Docker, if an engine answers within two seconds. The image is PLINTH_TEST_POSTGRES_IMAGE, by default postgres:17. Another
//     image must accept POSTGRES_PASSWORD, and settings of the server as arguments, like the official one. The Docker client is
//     in a module of its own, the folder container, which this module runs by the go command. Other modules build it as
//     plinth-container and put it into PATH.
//   - The server binaries of this machine (initdb, postgres, pg_ctl), found in PATH, in /usr/lib/postgresql or through
//     pg_config. A process of root runs them under the account postgres or, if there is none, the system's unprivileged one.
//
// If none works the test is skipped, and the process logs the reason in one line. PLINTH_TEST_REQUIRE=postgres makes that a
// failure. PLINTH_TEST_REQUIRE=docker does the same and accepts Docker only. The variable is a list, separated by commas, and may
// also hold the names of programs that other tests need.
//
// # What a test may rely on
//
// Databases are in UTF-8 with the locale en_US.UTF-8, or the ICU locale en-US if the server lacks that one. They never have the
// locale C, in which text compares as on SQLite. PLINTH_TEST_LOCALE=libc or icu chooses one of the two.
//
// A server started by pgtest listens on 127.0.0.1 only, has a random password and runs without fsync. It ends with the test
// process and leaves no process, container or folder behind, also after a panic, a timeout or kill -9. Use [Start] for tests that
// stop or crash a server.
//
// # Limits
//
// The template databases of [Databases.Copy] stay on a server named by PLINTH_TEST_DATABASE_URL, and so do the databases of a test
// process that was killed. Their names begin with plinth_test_.
//
// Windows has no local servers; use Docker or a URL there.
package pgtest
