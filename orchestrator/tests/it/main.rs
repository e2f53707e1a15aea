//! Integration tests: whole installations, spoken to as their users do.

mod chaos;
mod follower;
mod installation;
