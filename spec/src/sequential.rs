//! The trait that every specification implements.

/// What an object answers when one client after the other uses it. The value is the state of the object.
///
/// ```
/// use oversell_spec::SequentialSpec;
///
/// /// A lock that one client may hold.
/// struct Lock(bool);
///
/// impl SequentialSpec for Lock {
///     /// `true` to acquire, `false` to release.
///     type Op = bool;
///     /// Was it done?
///     type Ret = bool;
///
///     fn invoke(&mut self, acquire: &bool) -> bool {
///         std::mem::replace(&mut self.0, *acquire) != *acquire
///     }
/// }
///
/// assert!(Lock(false).is_valid_step(&true, &true));
/// assert!(!Lock(true).is_valid_step(&true, &true), "somebody has it");
/// ```
pub trait SequentialSpec: Sized {
    /// What is asked.
    type Op;
    /// What is answered.
    type Ret: PartialEq;

    /// Does what is asked, and answers.
    fn invoke(&mut self, op: &Self::Op) -> Self::Ret;

    /// Does what is asked. Is this answer right? The state after a step that is not is unspecified.
    ///
    /// To be implemented where more than one answer is right, or where comparing is cheaper than answering.
    fn is_valid_step(&mut self, op: &Self::Op, ret: &Self::Ret) -> bool {
        self.invoke(op) == *ret
    }
}
