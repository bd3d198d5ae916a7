// Package slow holds tests of an application with a slow, distant or unresponsive
// database, or with fewer connections than clients. docs/reliability.md states the
// requirements: every request ends in time with an answer that names the cause, and leaves
// nothing behind.
package slow
