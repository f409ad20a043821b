//! Small functions over columns, made while a query is planned: what they look up is known by then.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, Field};
use datafusion::common::Result;
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

type Body = dyn Fn(&[ArrayRef]) -> Result<ArrayRef> + Send + Sync;

/// A function of columns; two are the same if they are the same value.
struct Lookup {
    name: &'static str,
    signature: Signature,
    gives: DataType,
    body: Arc<Body>,
}

/// The expression `name(args)`.
pub(crate) fn lookup(
    name: &'static str,
    args: Vec<Arc<dyn PhysicalExpr>>,
    gives: DataType,
    body: impl Fn(&[ArrayRef]) -> Result<ArrayRef> + Send + Sync + 'static,
) -> Arc<dyn PhysicalExpr> {
    let signature = Signature::variadic_any(Volatility::Immutable);
    let field = Arc::new(Field::new(name, gives.clone(), true));
    let function = ScalarUDF::new_from_impl(Lookup { name, signature, gives, body: Arc::new(body) });
    let config = Arc::new(ConfigOptions::default());
    Arc::new(ScalarFunctionExpr::new(name, Arc::new(function), args, field, config))
}

impl ScalarUDFImpl for Lookup {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.gives.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays =
            args.args.into_iter().map(|a| a.into_array(args.number_rows)).collect::<Result<Vec<_>>>()?;
        let found = (self.body)(&arrays)?;
        debug_assert_eq!(found.len(), args.number_rows);
        Ok(ColumnarValue::Array(found))
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Lookup {
    fn eq(&self, other: &Lookup) -> bool {
        Arc::ptr_eq(&self.body, &other.body)
    }
}

impl Eq for Lookup {}

impl Hash for Lookup {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.body).cast::<()>().hash(state);
    }
}
