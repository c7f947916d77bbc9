"""The ground every other package stands on: settings, transactions, events, journal, jobs, errors, actors."""
