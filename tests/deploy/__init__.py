"""The files of deploy/ that are not run by the tests of e2e."""
