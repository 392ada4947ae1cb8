//! Configuration: what a tenant has set of what a program leaves open.

use bp_bytecode::index::ConfigId;
use bp_bytecode::value::Value;
use bp_bytecode::{Program, border};

use super::{HostWorld, text};
use crate::TenantId;
use crate::error::{Refused, Result};
use crate::shard::Shard;

impl HostWorld<'_> {
    /// The value that the tenant has set, if it has.
    ///
    /// Errors if it is not one of the program's type.
    pub fn setting(&mut self, config: ConfigId) -> Result<Option<Value>> {
        configured(self.shard, self.context.tenant, self.program, config)
    }

    /// Sets a value for the tenant from now on; `None` goes back to what the program says. Its conditions are for the
    /// caller to ask.
    pub fn set_setting(&mut self, config: ConfigId, value: Option<&Value>) -> Result<()> {
        self.commit()?;
        let Some(declared) = self.program.configs.get(config.index()) else {
            return Err(Refused::Unknown { what: "configuration", name: config.0.to_string() }.into());
        };
        let name = text(self.program, declared.name);
        match value {
            Some(value) => {
                let json = border::write_json(self.program, declared.shape, value);
                self.shard.set_config(&self.context, name, &json)?;
            }
            None => self.shard.reset_config(self.context.tenant, name)?,
        }
        self.configs.remove(&config);
        Ok(())
    }
}

/// What a tenant has set, if it has.
pub(super) fn configured(
    shard: &mut Shard,
    tenant: TenantId,
    program: &Program,
    config: ConfigId,
) -> Result<Option<Value>> {
    let Some(declared) = program.configs.get(config.index()) else { return Ok(None) };
    let name = text(program, declared.name);
    let Some(json) = shard.config(tenant, name)? else { return Ok(None) };
    let value = border::read_json(program, declared.shape, &json);
    let unfit = |error: border::BorderError| Refused::Value { place: name.to_owned(), why: error.to_string() };
    Ok(Some(value.map_err(unfit)?))
}
