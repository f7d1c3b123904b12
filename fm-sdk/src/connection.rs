/// The state of the connection to a back end: the broker, or the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// It answers.
    Up,
    /// Not connected, or not any more: why, and which addresses were tried.
    Down(String),
}
